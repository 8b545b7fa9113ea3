"""What happens beside training: guards, logs, pictures."""
