"""What the APIs take and answer as JSON; commands print some of it. Money is in major units."""
