"""Widgets that know nothing of the program around them, save what they are handed."""
