"""Interfaces to other people's files, languages and conventions."""
