"""What every room may lean on and no mathematics needs: files, executors, plots, threads, checks of what users give."""
