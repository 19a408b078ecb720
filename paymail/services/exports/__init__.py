"""What leaves for other programs: lists as CSV, the GST report, and the layouts of accounting systems."""
