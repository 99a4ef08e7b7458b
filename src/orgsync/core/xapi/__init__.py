"""Statements of the Experience API (xAPI): whether they are well-formed, and what they tell of learning."""
