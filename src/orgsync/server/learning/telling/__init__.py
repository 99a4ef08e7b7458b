"""Who hears of what colleagues like, share and complete: on their home and by mail, as each person chooses."""
