"""What a target that offers no read-back has accepted so far, kept on this machine."""
