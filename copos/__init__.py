"""copos: copositive and completely positive programming with bounds that are proved."""
