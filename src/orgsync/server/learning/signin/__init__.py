"""Signing in without a password: a link by mail, an invitation, or the organization's own provider."""
