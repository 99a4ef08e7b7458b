"""Our own API: what LinkedIn's wire lacks. The few calls that the client needs; problems are RFC 9457."""
