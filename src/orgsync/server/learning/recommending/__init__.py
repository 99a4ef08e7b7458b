"""Recommendations that explain themselves: rules of an admin first, then what colleagues do more than others."""
