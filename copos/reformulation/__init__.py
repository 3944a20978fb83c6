"""Problems as generalized completely positive programs, one file each."""
