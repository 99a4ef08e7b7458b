"""Rule groups: conditions on people as data, read from JSON or from text, judged over frames.

conditions ← parsing (JSON), wording (text out), where (text in) ← book (what an organization has) ← judging.
"""
