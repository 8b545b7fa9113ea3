"""The LightningModule around a detector, its schedules, and its checkpoints."""
