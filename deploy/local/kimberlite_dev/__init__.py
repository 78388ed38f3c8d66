"""Kimberlite on one machine: what ./dev does once the packages are there. Standard library only."""
