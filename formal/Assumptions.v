Require Import Verify.
Check verify_sound.
Print Assumptions verify_sound.
