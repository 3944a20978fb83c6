(* Zarith's modules under their own names, where the extracted code has some of the same names. *)
module Z = Z
module Q = Q
