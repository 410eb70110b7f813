"""What the settings normalise, and what they refuse with a sentence that says what to do."""
