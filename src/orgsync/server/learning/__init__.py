"""What people learn: content, who is asked to learn it, and what they did with it."""
