(* Work is counted, so that whatever is written in a file the program comes to an end. Extraction puts [mul], [eqb],
   [leb] and [nth] in the place of Coq's (Extract.v): they do the same, and count. *)

exception Over

let left = ref 0
let spend n = if n < 0 || n > !left then raise Over else left := !left - n

(* for a file of so many bytes *)
let start bytes = left := min 4_000_000_000 (500_000 + 200 * bytes)

let mul a b = spend (1 + Z.size a * Z.size b / 32); Z.mul a b
let eqb (a : int) (b : int) = spend 1; a = b
let leb (a : int) (b : int) = a <= b
let nth k l d = spend (1 + k / 16); match List.nth_opt l k with Some a -> a | None -> d
