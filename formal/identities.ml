(* From a certificate's proof to what the verified function reads. Not verified, and need not be trusted: whatever is
   written here, the function accepts true claims only. All denominators are cleared, and small proofs that the file
   leaves to its reader (a point is in K, e >= 0 on K, F >= 0 where e = 0) are looked for. *)

open Checker
open Numbers
open Json

let outside message = raise (Statement.Outside message)
let ratio v = let (t, d) = rational v in Q.make t d
let of_q c = Q.make c.qnum c.qden
let lcm a b = Z.mul (Z.divexact a (Z.gcd a b)) b
let clear l = List.fold_left (fun d c -> lcm d (Q.den c)) Z.one l
let times d c = Q.num (Q.mul (Q.of_bigint d) c)
let known proof keys = match proof with
  | Object items -> List.iter (fun (k, _) -> if not (List.mem k keys) then
      (if k = "chart" then outside ("the key " ^ k) else refuse ("the proof has the key " ^ k))) items; items
  | _ -> refuse "the proof must be an object"
let get items key = match List.assoc_opt key items with Some v -> v | None -> refuse ("the proof lacks " ^ key)
let opt items key = List.assoc_opt key items
let bits items key = match opt items key with None -> 0 | Some v -> whole v 0 5000
let power k = Z.shift_left Z.one k
let integers v = List.map (fun r -> List.map big (list r)) (list v)
let width rows = match rows with r :: rest ->
    let n = List.length r in List.iter (fun s -> if List.length s <> n then refuse "a factor must be rectangular") rest; n | [] -> 0
let repeat n c = List.init n (fun _ -> c)

let two k = if k >= 0 then Q.of_bigint (power k) else Q.make Z.one (power (- k))
let at a k = if k < Array.length a then a.(k) else 0
let product l = List.fold_left Z.mul Z.one l
let as_q u = { qnum = Q.num u; qden = Q.den u }

(* What an identity is about, as it is written in a proof: in other units, x = D x' with D = 2^d, blocks 2^-sigma and
   2^-tau on both sides, forms and e divided by 2^exponent; and under numbers of its own. The verified function multiplies
   every part by a positive integer `times` to be free of denominators. *)
type block = { times : Z.t; sigma : int; tau : int array; order : int; entries : ((int * int) * (int * Q.t) list) list }
type shape = { factor : Z.t; exponent : int; terms : ((int * int) * Q.t) list }
type context = {
  dim : int; blocks : block array; forms : shape array; zeros : shape array; roots : shape array;
  positive : bool array; unit : (int * Q.t) list; unit_factor : Z.t; unit_exponent : int;
  form_factor : Z.t; form_exponent : int; d : int array;
  block_at : int -> int; form_at : int -> int; zero_at : int -> int }

let get_array a k what = if k < 0 || k >= Array.length a then refuse (what ^ " is out of range") else a.(k)

(* terms with rational weights: multiplied by what the function does to blocks and forms *)
let term c degree v =
  let single blocks gens columns w =
    let bs = List.map (fun k -> get_array c.blocks k "a block") blocks and gs = List.map (fun k -> get_array c.forms k "a generator") gens in
    let s = product (List.map (fun b -> b.times) bs @ List.map (fun g -> g.factor) gs) in
    let k = List.fold_left (fun k b -> k + b.sigma) 0 bs + List.fold_left (fun k g -> k + g.exponent) 0 gs in
    (blocks, gens, columns, List.map (fun u -> Q.mul (two (- k)) (Q.div u (Q.of_bigint s))) w) in
  let row_unit k i = at c.blocks.(k).tau i in
  match v with
  | Object items when List.mem_assoc "products" items ->
      let items = fields v "a term" [ "products" ] [ "bits" ] in
      let b = Q.of_bigint (power (bits items "bits")) in
      List.map (fun p ->
        let l = list p in
        let ks = List.map int (List.filteri (fun i _ -> i < List.length l - 1) l) in
        if List.length ks <> degree then refuse "a product of blocks has the wrong length";
        let ks = List.map c.block_at ks in
        List.iter (fun k -> if (get_array c.blocks k "a block").order <> 1 then refuse "a product has a block that is a matrix") ks;
        let w = ratio (List.nth l (List.length l - 1)) in
        single ks [] [ ([ ((List.map (fun _ -> 0) ks, []), Z.one) ], [ Z.one ]) ] [ Q.mul (two (- 2 * List.fold_left (fun s k -> s + row_unit k 0) 0 ks)) (Q.div w b) ]) (list (get items "products"))
  | Object items when List.mem_assoc "splits" items -> outside "the key splits"
  | _ ->
      let items = fields v "a term" [ "gram"; "rows" ] [ "blocks"; "generators"; "basis" ] in
      let indices key = match opt items key with None -> [] | Some l -> List.map int (list l) in
      let blocks = List.map c.block_at (indices "blocks") and gens = List.map c.form_at (indices "generators") in
      let p = List.length blocks in
      let half2 = degree - p - 2 * List.length gens in
      if half2 < 0 || half2 mod 2 <> 0 then refuse "the degree of a term is not that of the identity";
      let orders = List.map (fun k -> (get_array c.blocks k "a block").order) blocks in
      let labels = Array.of_list (List.map (fun r ->
        let r = List.map int (list r) in
        if List.length r <> p + half2 / 2 then refuse "a row has the wrong length";
        let is = List.filteri (fun i _ -> i < p) r and vs = List.filteri (fun i _ -> i >= p) r in
        List.iter2 (fun i n -> if i < 0 || i >= n then refuse "a row is out of range") is orders;
        List.iter (fun x -> if x < 0 || x >= c.dim then refuse "a variable is out of range") vs;
        (is, vs)) (list (get items "rows"))) in
      let columns = match opt items "basis" with
        | None -> List.map (fun l -> [ (l, Z.one) ]) (Array.to_list labels)
        | Some b -> List.map (fun col -> List.map (fun e -> match list e with
            | [ r; z ] -> (get_array labels (int r) "a row", big z) | _ -> refuse "an entry of a basis has two items") (list col)) (list b) in
      (* in the units of the problem: a label (i, v) becomes 2^-(τ_i + d_v) times itself *)
      let exponent (is, vs) = - (List.fold_left2 (fun s k i -> s + row_unit k i) 0 blocks is
        + List.fold_left (fun s x -> s + at c.d x) 0 vs) in
      let least = List.fold_left (List.fold_left (fun m (l, _) -> min m (exponent l))) 0 columns in
      let columns = List.map (List.map (fun (l, z) -> (l, Z.shift_left z (exponent l - least)))) columns in
      let single blocks gens columns w = single blocks gens columns (List.map (Q.mul (two (2 * least))) w) in
      let columns_at = Array.of_list columns in
      let n = Array.length columns_at in
      if n = 0 then refuse "a term has no columns";
      let g = fields (get items "gram") "gram" [ "factor" ] [ "bits"; "weights"; "defect"; "defect_bits" ] in
      let rows = integers (get g "factor") in
      if List.length rows <> n then refuse "a factor has the wrong number of rows";
      let m = width rows in
      let four = Q.of_bigint (power (2 * bits g "bits")) in
      let w = match opt g "weights" with
        | None -> repeat m Q.one
        | Some l -> let l = List.map ratio (list l) in if List.length l <> m then refuse "weights have the wrong length" else l in
      let first = single blocks gens (List.map2 (fun a f -> (a, f)) columns rows) (List.map (fun u -> Q.div u four) w) in
      let more = match opt g "defect" with
        | None -> []
        | Some l ->
            let two = Q.of_bigint (power (bits g "defect_bits")) in
            let slack = Array.make n Q.zero and out = ref [] in
            List.iter (fun e -> match list e with
              | [ i; j; d ] ->
                  let i = whole i 0 (n - 1) in let j = whole j 0 i and d = Q.div (ratio d) two in
                  if i = j then slack.(i) <- Q.add slack.(i) d
                  else begin
                    let a = Q.abs d and s = Z.of_int (Q.sign d) in
                    slack.(i) <- Q.sub slack.(i) a; slack.(j) <- Q.sub slack.(j) a;
                    out := single blocks gens [ (columns_at.(i), [ Z.one ]); (columns_at.(j), [ s ]) ] [ a ] :: !out
                  end
              | _ -> refuse "an entry of a defect has three items") (list l);
            Array.iteri (fun i s -> if Q.sign s <> 0 then out := single blocks gens [ (columns_at.(i), [ Z.one ]) ] [ s ] :: !out) slack;
            !out in
      first :: more

(* the identity in integers: all weights and multipliers times unit_factor^level form_factor X *)
let identity c level terms multipliers scales =
  let s = Q.of_bigint (Z.mul (Z.pow c.unit_factor level) c.form_factor) in
  let terms = List.map (fun (b, g, cols, w) -> (b, g, cols, List.map (Q.mul s) w)) terms in
  let multipliers = List.map (fun (j, m, u) -> (j, m, Q.mul s u)) multipliers in
  let x = clear (List.concat_map (fun (_, _, _, w) -> w) terms @ List.map (fun (_, _, u) -> u) multipliers) in
  { level; factor = x; scales;
    terms = List.map (fun (b, g, cols, w) -> { of_blocks = b; of_generators = g; columns = cols; weights = List.map (times x) w }) terms;
    multipliers = List.map (fun (j, m, u) -> ((j, m), times x u)) multipliers }

let scales c items =
  let scales = match opt items "scales" with None -> [] | Some l -> List.map big (list l) in
  if scales <> [] && List.length scales <> c.dim then refuse "scales have the wrong length";
  if c.d = [||] then scales else begin
    let least = Array.fold_left min 0 c.d in
    List.mapi (fun x z -> Z.shift_left z (c.d.(x) - least)) (if scales = [] then repeat c.dim Z.one else scales) end

(* [j, v_1, …, q]: q x_v1 … E_j, or with one variable more for a linear form whose square vanishes *)
let multiplier c level m = match list m with
  | j :: rest ->
      let j = int j and n = Array.length c.zeros in
      let root = j >= n && c.zero_at j = j in
      let j = if root then j else c.zero_at j in
      let e = if root then get_array c.roots (j - n) "a vanishing form" else get_array c.zeros j "a vanishing form" in
      let many = if root then level + 1 else level in
      if List.length rest <> many + 1 then refuse "a multiplier has the wrong length";
      let vs = List.map int (List.filteri (fun i _ -> i < many) rest) in
      List.iter (fun x -> if x < 0 || x >= c.dim then refuse "a variable is out of range") vs;
      let k = e.exponent + List.fold_left (fun s x -> s + at c.d x) 0 vs in
      (j, vs, Q.mul (two (- k)) (Q.div (ratio (List.nth rest many)) (Q.of_bigint e.factor)))
  | [] -> refuse "a multiplier has the wrong length"

let read_identity c level items =
  let multipliers = match opt items "multipliers" with None -> [] | Some l -> List.map (multiplier c level) (list l) in
  let f = two (c.form_exponent + level * c.unit_exponent) in
  identity c level
    (List.map (fun (b, g, cols, w) -> (b, g, cols, List.map (Q.mul f) w)) (List.concat_map (term c (level + 2)) (list (get items "terms"))))
    (List.map (fun (j, m, q) -> (j, m, Q.mul f q)) multipliers) (scales c items)

(* ---- L D L' of a rational matrix; None if it is not semidefinite ---- *)

let factored a =
  let n = Array.length a in
  let a = Array.map Array.copy a in
  let columns = ref [] and ok = ref true in
  for k = 0 to n - 1 do
    if !ok then begin
      let d = a.(k).(k) in
      if Q.sign d < 0 then ok := false
      else if Q.sign d = 0 then (for j = k to n - 1 do if Q.sign a.(k).(j) <> 0 then ok := false done)
      else begin
        let col = Array.init n (fun i -> if i < k then Q.zero else Q.div a.(i).(k) d) in
        for i = k + 1 to n - 1 do
          Budget.spend 1;
          if Q.sign a.(i).(k) <> 0 then Budget.spend ((n - k) * (1 + Z.size (Q.num a.(i).(k)) + Z.size (Q.den a.(i).(k))));
          if Q.sign a.(i).(k) <> 0 then for j = k + 1 to n - 1 do a.(i).(j) <- Q.sub a.(i).(j) (Q.mul col.(i) a.(k).(j)) done
        done;
        columns := (d, col) :: !columns
      end
    end
  done;
  if not !ok then None else
    Some (List.map (fun (d, col) ->
      let z = clear (Array.to_list col) in
      (Q.div d (Q.of_bigint (Z.mul z z)), Array.map (times z) col)) !columns)

let rows_of n columns = List.init n (fun i -> List.map (fun (_, col) -> col.(i)) columns)

