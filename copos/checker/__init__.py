"""The checker of certificates, in the standard library alone: it shares no code with what it checks.

`check` reads a document and dispatches; the other files hold one kind of claim or one part of a question each. They
also work copied into one folder, as plain scripts.
"""
