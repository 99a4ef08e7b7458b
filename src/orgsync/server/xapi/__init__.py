"""The statement resource of the Experience API (xAPI), as learning platforms call it."""
