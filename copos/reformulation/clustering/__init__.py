"""k-means: the partitions of points into clusters as mixtures of 0/1 vectors."""
