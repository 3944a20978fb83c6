"""k-means with a proof."""
