"""Tests that fail while a finding is there and pass once it is fixed."""
