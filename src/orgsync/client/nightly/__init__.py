"""`orgsync run`: the whole way from HR to the target as one step that cron may start."""
