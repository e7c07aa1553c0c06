"""The HTTP side every service shares.

Problem details, request ids, health, service credentials, log redaction, the client between services and how
it finds a replica.
It knows no domain: no session, no message, no lock. Import from the modules; this file re-exports nothing.
"""
