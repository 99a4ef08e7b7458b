"""SCIM 2.0 (RFC 7643, RFC 7644), for identity providers: every write is a job like any other."""
