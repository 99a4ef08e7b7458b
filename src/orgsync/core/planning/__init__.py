"""From checked rows and the directory to a plan: one stage a module, all pure.

match → moves → people (attributes, status, managers) → memberships, licenses, permissions → effects.
"""
