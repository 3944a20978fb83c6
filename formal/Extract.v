(* The checking function in OCaml: integers by Zarith, places in lists by machine integers. *)

Require Import ExtrOcamlBasic ExtrOcamlZBigInt ExtrOcamlNatInt.
Require Import ZArith.
Require Import Rationals Matrices Programs Verify.

Extract Constant Z.gcd => "Big_int_Z.gcd_big_int".
Extract Constant Z.ltb => "Big_int_Z.lt_big_int".
Extract Constant Z.leb => "Big_int_Z.le_big_int".

Extraction "checker.ml" verify form_denominator combined block_denominator denominator_of moved.
