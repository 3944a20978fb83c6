"""Is every rule of the checker tested? Alter one sign, comparison or constant at a time, and see who notices.

    python -m tests.mutants [FILE …] [--fresh] [--processes N] [--seconds S] [--page PATH]

A mutant is the checker with one change in one function: a comparison, `and`/`or`, `+`/`−`, `any`/`all`, `min`/`max`, a
number, a negation, or a `raise` that is left out (`alterations.py`). Those forgeries, honest twins, small certificates
of every kind and tests of single pieces that run through the altered line are judged again, the cheapest first
(`judges.py`), each mutant in a process of its own that forgets it (`session.py`). A mutant is noticed if a forgery is
accepted, or refused for another reason, if an honest certificate is refused, if a test fails, or if it does not end.

What survives has to be explained in `explained.toml`, by file, function, expression and change; without an explanation
the exit status is 1 (`report.py`). Answers are kept as lines of JSON, so that a run that was stopped goes on. Not
altered is what counts the work of a document, which is measured in seconds, and what words a refusal is made in.
"""
