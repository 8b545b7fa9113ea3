"""What a run leaves behind: tables, numbers and figures."""
