"""What the experiments show: claims, each made by a command from committed tables, checked a second time."""
