"""Drawn faces: enough person, camera and forgery to exercise the whole pipeline offline."""
