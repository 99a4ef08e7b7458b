"""What operators see of a running server: figures, log lines, traces, errors."""
