"""The pages of learners."""
