"""Invented viewings for the demonstration: a small video service, its viewers, a week of theirs, and some who watch now."""
