"""Speed as ratios: what orgsync does beside what nobody can avoid doing, in one run on one machine."""
