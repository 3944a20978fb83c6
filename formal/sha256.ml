(* SHA-256 of a text, in hexadecimal digits (FIPS 180-4); OCaml's own library has none. Not verified. *)

let mask x = x land 0xffffffff
let rotated x n = mask ((x lsr n) lor (x lsl (32 - n)))

(* the first 32 bits of the fractional parts of square and cube roots of the first primes, in integers *)
let primes = let rec go k = function
    | 0 -> [] | n -> if List.for_all (fun d -> k mod d <> 0 || d >= k) (List.init (k - 2) (fun i -> i + 2)) then k :: go (k + 1) (n - 1) else go (k + 1) n in
  go 2 64
let fraction root power p = (* ⌊2^32 p^(1/power)⌋ mod 2^32 *)
  Z.to_int (Z.logand (root (Z.shift_left (Z.of_int p) (32 * power))) (Z.of_int 0xffffffff))
let k = Array.of_list (List.map (fraction (fun z -> Z.root z 3) 3) primes)
let start () = Array.of_list (List.map (fraction Z.sqrt 2) (List.filteri (fun i _ -> i < 8) primes))

let digest text =
  let n = String.length text in
  let padded = n + 1 + ((119 - n mod 64) mod 64) + 8 in
  let b = Bytes.make padded '\000' in
  Bytes.blit_string text 0 b 0 n;
  Bytes.set b n '\128';
  Bytes.set_int64_be b (padded - 8) (Int64.of_int (8 * n));
  let h = start () and w = Array.make 64 0 in
  for block = 0 to padded / 64 - 1 do
    for t = 0 to 15 do w.(t) <- mask (Int32.to_int (Bytes.get_int32_be b (64 * block + 4 * t))) done;
    for t = 16 to 63 do
      let x = w.(t - 15) and y = w.(t - 2) in
      let s0 = rotated x 7 lxor rotated x 18 lxor (x lsr 3) and s1 = rotated y 17 lxor rotated y 19 lxor (y lsr 10) in
      w.(t) <- mask (w.(t - 16) + s0 + w.(t - 7) + s1)
    done;
    let v = Array.copy h in
    for t = 0 to 63 do
      let a = v.(0) and e = v.(4) in
      let s1 = rotated e 6 lxor rotated e 11 lxor rotated e 25 and choice = (e land v.(5)) lxor (mask (lnot e) land v.(6)) in
      let one = v.(7) + s1 + choice + k.(t) + w.(t) in
      let s0 = rotated a 2 lxor rotated a 13 lxor rotated a 22 and most = (a land v.(1)) lxor (a land v.(2)) lxor (v.(1) land v.(2)) in
      Array.blit v 0 v 1 7;
      v.(4) <- mask (v.(4) + one);
      v.(0) <- mask (one + s0 + most)
    done;
    Array.iteri (fun i x -> h.(i) <- mask (h.(i) + x)) v
  done;
  String.concat "" (List.map (Printf.sprintf "%08x") (Array.to_list h))
