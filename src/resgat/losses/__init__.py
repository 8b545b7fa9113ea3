"""What training minimises: losses of the verdict, and terms on the evidence for it."""
