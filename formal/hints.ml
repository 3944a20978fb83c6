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
      (if List.mem k [ "chart"; "local"; "symmetry"; "simplices"; "rounded"; "inside"; "tree" ] then outside ("the key " ^ k) else refuse ("the proof has the key " ^ k))) items; items
  | _ -> refuse "the proof must be an object"
let get items key = match List.assoc_opt key items with Some v -> v | None -> refuse ("the proof lacks " ^ key)
let opt items key = List.assoc_opt key items
let bits items key = match opt items key with None -> 0 | Some v -> whole v 0 5000
let power k = Z.shift_left Z.one k
let integers v = List.map (fun r -> List.map big (list r)) (list v)
let width rows = match rows with r :: rest ->
    let n = List.length r in List.iter (fun s -> if List.length s <> n then refuse "a factor must be rectangular") rest; n | [] -> 0
let repeat n c = List.init n (fun _ -> c)

(* the units of a proof: x = D x' with D = 2^d, and powers of two by which blocks, forms and e are divided *)
type units = { d : int array; sigma : int array; tau : int array array; of_forms : int array; of_zeros : int array;
               of_equations : int array; of_objective : int; of_unit : int }
let two k = if k >= 0 then Q.of_bigint (power k) else Q.make Z.one (power (- k))
let at a k = if k < Array.length a then a.(k) else 0

(* what the identity is about, with the positive factors by which the verified function multiplies it *)
type context = {
  dim : int; tables : Z.t array; orders : int array; lines : (int * Q.t) list array;  (* of blocks of order one *)
  forms : (Z.t * form) array; zeros : (Z.t * form) array; positive : bool array;
  unit : (int * Q.t) list; unit_factor : Z.t; form_factor : Z.t; names : int -> int; u : units }
let no_units = { d = [||]; sigma = [||]; tau = [||]; of_forms = [||]; of_zeros = [||]; of_equations = [||]; of_objective = 0; of_unit = 0 }

let product l = List.fold_left Z.mul Z.one l
let get_array a k what = if k < 0 || k >= Array.length a then refuse (what ^ " is out of range") else a.(k)

(* terms with rational weights: multiplied by what the function does to blocks and forms *)
let term c degree v =
  let single blocks gens columns w =
    let s = product (List.map (fun k -> get_array c.tables k "a block") blocks @ List.map (fun k -> fst (get_array c.forms k "a generator")) gens) in
    let k = List.fold_left (fun k b -> k + at c.u.sigma b) 0 blocks + List.fold_left (fun k g -> k + at c.u.of_forms g) 0 gens in
    (blocks, gens, columns, List.map (fun u -> Q.mul (two (- k)) (Q.div u (Q.of_bigint s))) w) in
  let row_unit k i = if k < Array.length c.u.tau then at c.u.tau.(k) i else 0 in
  match v with
  | Object items when List.mem_assoc "products" items ->
      let items = fields v "a term" [ "products" ] [ "bits" ] in
      let b = Q.of_bigint (power (bits items "bits")) in
      List.map (fun p ->
        let l = list p in
        let ks = List.map int (List.filteri (fun i _ -> i < List.length l - 1) l) in
        if List.length ks <> degree then refuse "a product of blocks has the wrong length";
        let ks = List.map c.names ks in
        List.iter (fun k -> if get_array c.orders k "a block" <> 1 then refuse "a product has a block that is a matrix") ks;
        let w = ratio (List.nth l (List.length l - 1)) in
        single ks [] [ ([ ((List.map (fun _ -> 0) ks, []), Z.one) ], [ Z.one ]) ] [ Q.mul (two (- 2 * List.fold_left (fun s k -> s + row_unit k 0) 0 ks)) (Q.div w b) ]) (list (get items "products"))
  | _ ->
      let items = fields v "a term" [ "gram"; "rows" ] [ "blocks"; "generators"; "basis" ] in
      let indices key = match opt items key with None -> [] | Some l -> List.map int (list l) in
      let blocks = List.map c.names (indices "blocks") and gens = indices "generators" in
      let p = List.length blocks in
      let half2 = degree - p - 2 * List.length gens in
      if half2 < 0 || half2 mod 2 <> 0 then refuse "the degree of a term is not that of the identity";
      let orders = List.map (fun k -> get_array c.orders k "a block") blocks in
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
        + List.fold_left (fun s x -> s + at c.u.d x) 0 vs) in
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

let read_identity c level items =
  let degree = level + 2 in
  let scales = match opt items "scales" with None -> [] | Some l -> List.map big (list l) in
  if scales <> [] && List.length scales <> c.dim then refuse "scales have the wrong length";
  let scales = if c.u.d = [||] then scales else begin
    let least = Array.fold_left min 0 c.u.d in
    List.mapi (fun x z -> Z.shift_left z (c.u.d.(x) - least)) (if scales = [] then repeat c.dim Z.one else scales) end in
  let multipliers = match opt items "multipliers" with
    | None -> []
    | Some l -> List.map (fun m -> match list m with
        | j :: rest when List.length rest = level + 1 ->
            let j = int j in
            let (p, _) = get_array c.zeros j "a vanishing form" in
            let vs = List.map int (List.filteri (fun i _ -> i < level) rest) in
            List.iter (fun x -> if x < 0 || x >= c.dim then refuse "a variable is out of range") vs;
            let k = at c.u.of_zeros j + List.fold_left (fun s x -> s + at c.u.d x) 0 vs in
            (j, vs, Q.mul (two (- k)) (Q.div (ratio (List.nth rest level)) (Q.of_bigint p)))
        | _ -> refuse "a multiplier has the wrong length") (list l) in
  let f = two (c.u.of_objective + level * c.u.of_unit) in
  identity c level
    (List.map (fun (b, g, cols, w) -> (b, g, cols, List.map (Q.mul f) w)) (List.concat_map (term c degree) (list (get items "terms"))))
    (List.map (fun (j, m, q) -> (j, m, Q.mul f q)) multipliers) scales

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

(* ---- what the file leaves to its reader above level 0 ---- *)

let ends c form =
  (* e >= 0: its variables are nonnegative, or single entries on the diagonal of a block *)
  let terms = List.filter_map (fun (x, a) ->
    if Q.sign a > 0 && c.positive.(x) then None
    else begin
      let found = ref None in
      Array.iteri (fun k l -> match l with
        | [ (y, b) ] when y = x && Q.sign b > 0 && Q.sign a > 0 && !found = None -> found := Some (k, b) | _ -> ()) c.lines;
      match !found with
      | Some (k, b) -> Some ([ k ], [], [ ([ (([ 0 ], []), Z.one) ], [ Z.one ]) ], [ Q.div (Q.div a b) (Q.of_bigint c.tables.(k)) ])
      | None -> outside "why e is nonnegative on K"
    end) c.unit in
  let sign_of_unit = identity { c with form_factor = c.unit_factor } 0 terms [] [] in
  (* F where e = 0: x_w e for the products with one variable of e, then completing squares *)
  let f = Hashtbl.create 64 in
  let add (a, b) d = let key = if a <= b then (a, b) else (b, a) in
    let d = Q.add d (Option.value (Hashtbl.find_opt f key) ~default:Q.zero) in
    if Q.sign d = 0 then Hashtbl.remove f key else Hashtbl.replace f key d in
  List.iter (fun ((a, b), d) -> add (a, b) (of_q d)) form;
  (* where e is a sum of nonnegative variables, F + K e² >= 0 by its signs may do *)
  let plain = List.for_all (fun (x, a) -> c.positive.(x) && Q.sign a > 0) c.unit in
  let coefficient x = Option.value (List.assoc_opt x c.unit) ~default:Q.zero in
  let k = Hashtbl.fold (fun (v, w) d k ->
    Budget.spend (List.length c.unit);
    let b = Q.mul (coefficient v) (coefficient w) in
    if Q.sign d < 0 && Q.sign b > 0 then Q.max k (Q.div (Q.neg d) b) else k) f Q.zero in
  let simple = plain && Hashtbl.fold (fun (v, w) d ok -> ok &&
    (if Q.sign d >= 0 then v = w || (c.positive.(v) && c.positive.(w)) else Q.sign (Q.mul (coefficient v) (coefficient w)) > 0)) f true in
  if simple then
    { sign_of_unit; at_zero = identity c 0 []
        (List.map (fun (x, a) -> (Array.length c.zeros + x, [], Q.div (Q.neg (Q.mul k a)) (Q.of_bigint c.unit_factor))) c.unit) [] }
  else
  let (x, a) = match List.rev c.unit with t :: _ -> t | [] -> outside "an empty multiplier e" in
  let multipliers = ref [] in
  let keys = Hashtbl.fold (fun k _ l -> k :: l) f [] in
  List.iter (fun _ ->
    Budget.spend (Hashtbl.length f);
    match Hashtbl.fold (fun (v, w) d s -> if v = x || w = x then Some (v, w, d) else s) f None with
    | None -> ()
    | Some (v, w, d) ->
        let other = if v = x then w else v and s = Q.div d a in
        multipliers := (Array.length c.zeros + other, [], Q.div s (Q.of_bigint c.unit_factor)) :: !multipliers;
        List.iter (fun (y, b) -> add (other, y) (Q.neg (Q.mul s b))) c.unit) (keys @ keys @ List.init c.dim (fun v -> (v, v)));
  let left = Hashtbl.fold (fun (v, w) d l ->
    if v <> w && Q.sign d > 0 && c.positive.(v) && c.positive.(w) then l else ((v, w), d) :: l) f [] in
  let used = List.sort_uniq compare (List.concat_map (fun ((v, w), _) -> [ v; w ]) left) in
  let place = Hashtbl.create 16 in
  List.iteri (fun i v -> Hashtbl.add place v i) used;
  let n = List.length used in
  let m = Array.make_matrix n n Q.zero in
  List.iter (fun ((v, w), d) ->
    let i = Hashtbl.find place v and j = Hashtbl.find place w in
    if i = j then m.(i).(i) <- d else begin let h = Q.div d (Q.of_int 2) in m.(i).(j) <- h; m.(j).(i) <- h end) left;
  match factored m with
  | None -> outside "why the form is nonnegative where e vanishes"
  | Some columns ->
      let rows = rows_of n columns in
      let squares = if n = 0 || columns = [] then [] else
        [ ([], [], List.map2 (fun v r -> ([ (([], [ v ]), Z.one) ], r)) used rows, List.map fst columns) ] in
      { sign_of_unit; at_zero = identity c 0 squares !multipliers [] }

(* ---- matrices ---- *)

let orthant n weights factor =
  { dim = n; tables = Array.make n Z.one; orders = Array.make n 1; lines = Array.init n (fun v -> [ (v, Q.one) ]);
    forms = [||]; zeros = [||]; positive = Array.make n true; unit = weights; unit_factor = Z.one; form_factor = factor;
    names = (fun k -> k); u = no_units }

let spn c columns items =
  let rows = integers (get items "factor") in
  if List.length rows <> List.length columns then refuse "a factor has the wrong number of rows";
  let m = width rows and four = Q.of_bigint (power (2 * bits items "bits")) in
  let w = match opt items "weights" with None -> repeat m Q.one | Some l -> List.map ratio (list l) in
  if List.length w <> m then refuse "weights have the wrong length";
  identity c 0 [ ([], [], List.map2 (fun v r -> ([ (([], [ v ]), Z.one) ], r)) columns rows, List.map (fun u -> Q.div u four) w) ] [] []

(* the supports of the cover's nodes, as the verified function goes through them *)
let cover m items =
  let n = List.length m and p = denominator_of m in
  let a = Array.of_list (List.map (fun r -> Array.of_list (List.map (fun c -> times p (of_q c)) r)) m) in
  let apart i j = i <> j && Z.leq (Z.add a.(i).(i) a.(j).(j)) (Z.mul (Z.of_int 2) a.(i).(j)) in
  let stack = ref [ ([], List.init n (fun i -> i)) ] in
  List.map (fun item ->
    let (low, high) = match !stack with [] -> refuse "the cover has items left over" | t :: rest -> stack := rest; t in
    match list item with
    | [ Text "vector"; u ] ->
        let u = List.map big (list u) in
        if List.length u <> List.length low then refuse "a vector has the wrong length";
        let value j = Budget.spend (List.length u); List.fold_left2 (fun s i c -> Z.add s (Z.mul c a.(i).(j))) Z.zero low u in
        let branch = if low = [] then high else List.filter (fun j -> Z.sign (value j) < 0) high in
        let rec children high = function
          | [] -> []
          | j :: rest -> Budget.spend (List.length high); (low @ [ j ], List.filter (fun k -> not (apart k j)) high) :: children (List.filter (fun k -> k <> j) high) rest in
        stack := children high branch @ !stack; Vector u
    | [ Text "direction"; d ] -> Direction (List.map big (list d))
    | [ Text "part"; d ] -> Part (spn (orthant n [] p) high (fields d "a part" [ "factor"; "bits" ] [ "weights" ]))
    | _ -> refuse "an item of a cover is a vector, a direction or a part") items

let copositive m proof =
  let n = List.length m and p = denominator_of m in
  let ones = repeat n Z.one in
  match (match proof with Object items -> opt items "method" | _ -> refuse "the proof must be an object") with
  | Some (Text "spn") -> let items = fields proof "the proof" [ "method"; "factor"; "bits" ] [ "weights" ] in
      ByIdentity (ones, spn (orthant n [] p) (List.init n (fun i -> i)) items)
  | Some (Text "level") ->
      let items = fields proof "the proof" [ "method"; "level"; "weights"; "terms" ] [] in
      let w = List.map ratio (list (get items "weights")) in
      let d = clear w in
      let c = { (orthant n (List.mapi (fun i u -> (i, u)) w) p) with unit_factor = d } in
      ByIdentity (List.map (times d) w, read_identity c (whole (get items "level") 0 12) items)
  | Some (Text "cover") ->
      ByCover (cover m (list (get (fields proof "the proof" [ "method"; "items" ] []) "items")))
  | _ -> refuse "the method of a copositivity proof is spn, level or cover"

let point proof = let x = List.map ratio (list (get (fields proof "the proof" [ "point" ] []) "point")) in
  let d = clear x in List.map (times d) x

let factor m proof =
  let items = fields proof "the proof" [ "factor"; "bits" ] [ "weights" ] in
  let rows = integers (get items "factor") in
  if List.length rows <> List.length m then refuse "a factor has the wrong number of rows";
  let k = width rows in
  let w = match opt items "weights" with None -> repeat k Q.one | Some l -> List.map ratio (list l) in
  if List.length w <> k then refuse "weights have the wrong length";
  (* X P M = B diag(X P w / 4^bits) B' + … *)
  let s = Q.div (Q.of_bigint (denominator_of m)) (Q.of_bigint (power (2 * bits items "bits"))) in
  let w = List.map (Q.mul s) w in
  let x = clear w in
  { common_factor = x; column_weights = List.map (times x) w; factor_rows = rows }

(* ---- programs ---- *)

let units (r : Statement.read) proof = match proof with
  | Object items when List.mem_assoc "scaling" items ->
      let s = fields (List.assoc "scaling" items) "scaling" [ "coordinates"; "objective"; "value"; "equations"; "vanishing"; "generators"; "unit"; "blocks" ] [] in
      let p = r.Statement.program in
      let one v = whole v (-4000) 4000 in
      let many v n = let l = Array.of_list (List.map one (list v)) in if Array.length l <> n then refuse "exponents have the wrong length" else l in
      let get key = List.assoc key s in
      let blocks = List.map (fun b -> Array.of_list (List.map one (list b))) (list (get "blocks")) in
      if List.length blocks <> List.length p.blocks then refuse "exponents have the wrong length";
      List.iter2 (fun b (c : block) -> if Array.length b <> 1 && Array.length b <> c.rows + 1 then refuse "exponents have the wrong length") blocks p.blocks;
      ignore (one (get "value"));
      ({ d = many (get "coordinates") p.dim; sigma = Array.of_list (List.map (fun b -> b.(0)) blocks);
         tau = Array.of_list (List.map (fun b -> Array.sub b 1 (Array.length b - 1)) blocks);
         of_forms = many (get "generators") (List.length p.generators); of_zeros = many (get "vanishing") (List.length p.vanishing);
         of_equations = many (get "equations") (List.length p.equations); of_objective = one (get "objective"); of_unit = one (get "unit") },
       Object (List.filter (fun (k, _) -> k <> "scaling") items))
  | _ -> (no_units, proof)

(* multipliers in the units of the problem *)
let in_units u y = List.mapi (fun i c -> Q.mul (two (u.of_objective - at u.of_equations i)) c) y

let context (r : Statement.read) u factor =
  let p = r.Statement.program in
  let blocks = Array.of_list p.blocks in
  let lines = Array.map (fun (b : block) ->
    if b.rows > 1 then (match List.filter (fun (((i, j), _), _) -> i = 0 && j = 0) b.entries with
      | [ ((_, x), c) ] -> [ (x, of_q c) ] | _ -> [])
    else List.map (fun ((_, x), c) -> (x, of_q c)) b.entries) blocks in
  let positive = Array.make p.dim false in
  Array.iteri (fun k l -> match l with [ (x, c) ] when blocks.(k).rows = 1 && Q.sign c > 0 -> positive.(x) <- true | _ -> ()) lines;
  let unit = List.filter (fun (_, c) -> Q.sign c <> 0) (List.map (fun (x, c) -> (x, of_q c)) r.Statement.unit) in
  let with_factor f = (form_denominator f, f) in
  { dim = p.dim; tables = Array.map block_denominator blocks; orders = Array.map (fun (b : block) -> b.rows) blocks; lines;
    forms = Array.of_list (List.map with_factor p.generators); zeros = Array.of_list (List.map with_factor p.vanishing);
    positive; unit; unit_factor = clear (List.map snd unit); form_factor = factor; names = (fun k -> k); u }

let core c form items =
  let level = whole (get items "level") 0 12 in
  { main = read_identity c level items; other_ends = if level = 0 then None else Some (ends c form) }

let cut_by c stated a s =
  let d = clear (List.map snd a) in
  let a' = List.map (fun (x, u) -> (x, Q.mul (Q.of_int s) u)) a in
  let positive = Array.copy c.positive in
  (match a' with [ (x, u) ] when Q.sign u > 0 -> positive.(x) <- true | _ -> ());
  let n = Array.length c.tables + 1 in
  ignore stated;
  { c with tables = Array.append c.tables [| d |]; orders = Array.append c.orders [| 1 |]; lines = Array.append c.lines [| a' |]; positive },
  n

let dual (r : Statement.read) y_of proof objective =
  let p = r.Statement.program in
  let total = List.length p.blocks and m = List.length p.equations in
  let as_q u = { qnum = Q.num u; qden = Q.den u } in
  let (u, proof) = units r proof in
  match proof with
  | Object items when List.mem_assoc "tree" items ->
      let items = known proof [ "value"; "tree"; "infinity" ] in
      let steps = ref (list (get items "tree")) and ys = ref [] in
      let rec skim () = match !steps with
        | [] -> refuse "the tree ends before every cell is treated"
        | s :: rest -> steps := rest;
            (match s with
             | Object l when List.mem_assoc "cut" l -> skim (); skim ()
             | Object l when List.mem_assoc "y" l -> ys := List.map ratio (list (get l "y")) :: !ys
             | _ -> outside "a decision of the tree") in
      skim ();
      if !steps <> [] then refuse "the tree has items left over";
      List.iter (fun y -> if List.length y <> m then refuse "y has the wrong length") !ys;
      let y = List.fold_left (List.map2 Q.min) (List.hd !ys) !ys in
      let y = in_units u y in
      let y' = List.map as_q y in
      let form = combined objective y' p.equations in
      let c0 = context r u (form_denominator form) in
      steps := list (get items "tree");
      let first_stated = total - r.Statement.stated in
      let rec go c cuts = match !steps with
        | [] -> refuse "the tree ends"
        | s :: rest -> steps := rest;
            (match s with
             | Object l when List.mem_assoc "cut" l ->
                 let a = List.map (fun t -> match list t with
                   | [ x; q ] -> let x = whole x 0 (c.dim - 1) in (x, Q.mul (two (- at u.d x)) (ratio q)) | _ -> refuse "an entry of a cut has two items") (list (get l "cut")) in
                 let d = clear (List.map snd a) in
                 let side s = fst (cut_by c r.Statement.stated a s) in
                 let t1 = go (side 1) (cuts + 1) in
                 let t2 = go (side (-1)) (cuts + 1) in
                 Cut (List.map (fun (x, u) -> (x, times d u)) a, t1, t2)
             | _ ->
                 let names k = if k < first_stated then k else if k < first_stated + cuts then k - first_stated + total
                   else if k < total + cuts then k - cuts else -1 in
                 Cell (core { c with names } form (known s [ "y"; "level"; "terms"; "multipliers"; "scales" ]))) in
      let t = go c0 0 in
      { multiplier_unit = List.map (fun (x, u) -> (x, times c0.unit_factor u)) c0.unit; dual_y = y'; dual_cells = t }
  | _ ->
      let items = known proof [ "value"; "y"; "level"; "terms"; "multipliers"; "scales"; "infinity" ] in
      let y = if y_of then List.map ratio (list (get items "y")) else [] in
      if y_of && List.length y <> m then refuse "y has the wrong length";
      let y = List.map as_q (in_units u y) in
      let form = combined objective y p.equations in
      let c = context r u (form_denominator form) in
      { multiplier_unit = List.map (fun (x, u) -> (x, times c.unit_factor u)) c.unit; dual_y = y; dual_cells = Cell (core c form items) }

let atom_factors (p : program) x =
  let at = Array.of_list x in
  List.map (fun (b : block) ->
    let d = block_denominator b in
    let a = Array.make_matrix b.rows b.rows Q.zero in
    List.iter (fun (((i, j), v), c) ->
      let u = Q.mul (Q.mul (of_q c) (Q.of_bigint d)) (Q.of_bigint at.(v)) in
      a.(i).(j) <- Q.add a.(i).(j) u; if i <> j then a.(j).(i) <- a.(i).(j)) b.entries;
    match factored a with
    | None -> refuse "the point is not in K"
    | Some columns ->
        let s = clear (List.map fst columns) in
        { common_factor = s; column_weights = List.map (fun (w, _) -> times s w) columns; factor_rows = rows_of b.rows columns }) p.blocks

let atoms (r : Statement.read) proof =
  let items = fields proof "the proof" [ "value"; "atoms" ] [] in
  List.map (fun a ->
    let a = fields a "an atom" [ "weight"; "point" ] [] in
    let x = List.map ratio (list (get a "point")) in
    if List.length x <> r.Statement.program.dim then refuse "a point has the wrong length";
    let d = clear x in
    let w = Q.div (ratio (get a "weight")) (Q.of_bigint (Z.mul d d)) in
    let x = List.map (times d) x in
    { weight = { qnum = Q.num w; qden = Q.den w }; point = x; block_factors = atom_factors r.Statement.program x }) (list (get items "atoms"))

let certificate kind subject proof =
  match kind, subject with
  | "copositive", Statement.OfMatrix m -> ProveCopositive (copositive m proof)
  | "not copositive", Statement.OfMatrix _ -> ShowNegative (point proof)
  | "strictly copositive", Statement.OfMatrix m ->
      let items = fields proof "the proof" [ "margin"; "copositive" ] [] in
      let v = Statement.q (get items "margin") in
      ProveStrict (v, copositive (moved v m) (get items "copositive"))
  | "not strictly copositive", Statement.OfMatrix _ -> ShowNonpositive (point proof)
  | "completely positive", Statement.OfMatrix m -> Factor (factor m proof)
  | "not completely positive", Statement.OfMatrix _ ->
      let items = fields proof "the proof" [ "separator"; "copositive" ] [] in
      let h = Statement.matrix (get items "separator") in
      Separate (h, copositive h (get items "copositive"))
  | "copositive", Statement.OfProgram r -> ProveDual (dual r false proof r.Statement.program.objective)
  | "lower bound", Statement.OfProgram r -> ProveDual (dual r true proof r.Statement.program.objective)
  | "infeasible", Statement.OfProgram r -> ProveDual (dual r true proof [])
  | "upper bound", Statement.OfProgram r -> ShowAtoms (atoms r proof)
  | "not copositive", Statement.OfProgram r ->
      let x = point proof in
      if List.length x <> r.Statement.program.dim then refuse "a point has the wrong length";
      ShowFormNegative (x, atom_factors r.Statement.program x)
  | _ -> outside "this kind"
