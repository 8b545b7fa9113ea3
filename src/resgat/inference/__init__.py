"""From files to verdicts: find the faces, ask the detector, and say what it rests on."""
