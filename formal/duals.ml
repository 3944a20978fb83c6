(* From the proof of a bound to what the verified function reads: units, cells, local forms, symmetry. Not trusted. *)

open Checker
open Numbers
open Json
open Identities

(* the units of a proof: x = D x' with D = 2^d, and powers of two by which blocks, forms and e are divided *)
type units = { by : int array; sigmas : int array; taus : int array array; of_forms : int array; of_zeros : int array;
               of_equations : int array; of_objective : int; of_unit : int }
let no_units = { by = [||]; sigmas = [||]; taus = [||]; of_forms = [||]; of_zeros = [||]; of_equations = [||]; of_objective = 0; of_unit = 0 }

let units (r : Statement.read) proof = match proof with
  | Object items when List.mem_assoc "scaling" items ->
      let s = fields (List.assoc "scaling" items) "scaling" [ "coordinates"; "objective"; "value"; "equations"; "vanishing"; "generators"; "unit"; "blocks" ] [] in
      let p = r.Statement.program in
      let one v = whole v (-4000) 4000 in
      let many v n = let l = Array.of_list (List.map one (list v)) in if Array.length l <> n then refuse "exponents have the wrong length" else l in
      let get key = List.assoc key s in
      let blocks = List.map (fun b -> Array.of_list (List.map one (list b))) (list (get "blocks")) in
      if List.length blocks <> List.length p.blocks then refuse "exponents have the wrong length";
      List.iter2 (fun b (c : Checker.block) -> if Array.length b <> 1 && Array.length b <> c.rows + 1 then refuse "exponents have the wrong length") blocks p.blocks;
      ignore (one (get "value"));
      ({ by = many (get "coordinates") p.dim; sigmas = Array.of_list (List.map (fun b -> b.(0)) blocks);
         taus = Array.of_list (List.map (fun b -> Array.sub b 1 (Array.length b - 1)) blocks);
         of_forms = many (get "generators") (List.length p.generators); of_zeros = many (get "vanishing") (List.length p.vanishing);
         of_equations = many (get "equations") (List.length p.equations); of_objective = one (get "objective"); of_unit = one (get "unit") },
       Object (List.filter (fun (k, _) -> k <> "scaling") items))
  | _ -> (no_units, proof)

(* multipliers in the units of the problem *)
let in_units u y = List.mapi (fun i c -> Q.mul (two (u.of_objective - at u.of_equations i)) c) y

(* ---- what the identities are about ---- *)

let gathered pairs =
  let t = Hashtbl.create 16 and keys = ref [] in
  List.iter (fun (k, q) ->
    if not (Hashtbl.mem t k) then keys := k :: !keys;
    Hashtbl.replace t k (Q.add q (Option.value (Hashtbl.find_opt t k) ~default:Q.zero))) pairs;
  List.rev_map (fun k -> (k, Hashtbl.find t k)) !keys
let nonzero l = List.filter (fun (_, q) -> Q.sign q <> 0) l
let terms f = nonzero (gathered (List.map (fun ((v, w), q) -> ((min v w, max v w), of_q q)) f))

let one_block ?(sigma = 0) ?(tau = [||]) (b : Checker.block) =
  let t = Hashtbl.create 16 in
  List.iter (fun ((ij, v), q) -> Hashtbl.replace t ij ((v, of_q q) :: Option.value (Hashtbl.find_opt t ij) ~default:[])) b.entries;
  { times = block_denominator b; sigma; tau; order = b.rows; entries = Hashtbl.fold (fun ij l out -> (ij, nonzero (gathered (List.rev l))) :: out) t [] }
let blocks_of (p : program) = List.map (fun b -> one_block b) p.blocks

let context (r : Statement.read) u form =
  let p = r.Statement.program in
  let blocks = Array.of_list (List.mapi (fun k b ->
    one_block ~sigma:(at u.sigmas k) ~tau:(if k < Array.length u.taus then u.taus.(k) else [||]) b) p.blocks) in
  let positive = Array.make p.dim false in
  List.iter (fun (b : Checker.block) -> if b.rows = 1 then match b.entries with
    | (((_, _), x), _) :: more when List.for_all (fun ((_, y), _) -> x = y) more
        && Q.sign (List.fold_left (fun s (_, q) -> Q.add s (of_q q)) Q.zero b.entries) > 0 -> positive.(x) <- true
    | _ -> ()) p.blocks;
  let shapes exponents l = Array.of_list (List.mapi (fun k f -> { factor = form_denominator f; exponent = at exponents k; terms = terms f }) l) in
  let unit = nonzero (List.map (fun (x, c) -> (x, of_q c)) r.Statement.unit) in
  { dim = p.dim; blocks; forms = shapes u.of_forms p.generators; zeros = shapes u.of_zeros p.vanishing; roots = [||]; positive;
    unit; unit_factor = clear (List.map snd unit); unit_exponent = u.of_unit; form_factor = form_denominator form; form_exponent = u.of_objective;
    d = u.by; block_at = (fun k -> k); form_at = (fun k -> k); zero_at = (fun k -> k) }

let linear_in c l = gathered (List.map (fun t -> match list t with
  | [ x; q ] -> let x = whole x 0 (c.dim - 1) in (x, Q.mul (two (- at c.d x)) (ratio q)) | _ -> refuse "an entry of a linear form has two items") (list l))
let in_integers a = let d = clear (List.map snd a) in (d, List.map (fun (x, u) -> (x, times d u)) a)

(* ---- local forms ---- *)

let local c item =
  let items = fields item "a local form" [ "form"; "variables"; "level"; "terms"; "multipliers" ] [ "scales" ] in
  let form = nonzero (gathered (List.map (fun t -> match list t with
    | [ v; w; q ] -> let v = whole v 0 (c.dim - 1) and w = whole w 0 (c.dim - 1) in
        ((min v w, max v w), Q.mul (two (- at c.d v - at c.d w)) (ratio q))
    | _ -> refuse "an entry of a form has three items") (list (get items "form")))) in
  let s = clear (List.map snd form) and level = whole (get items "level") 0 12 in
  let inside = Array.make c.dim false in
  List.iter (fun v -> inside.(whole v 0 (c.dim - 1)) <- true) (list (get items "variables"));
  let unit = List.filter (fun (v, _) -> inside.(v)) c.unit in
  let kept ok l = List.filter (fun k -> level = 0 || ok l.(k)) (List.init (Array.length l) (fun k -> k)) in
  let place ks = let t = Hashtbl.create 16 in List.iteri (fun i k -> Hashtbl.add t k i) ks; fun k -> Option.value (Hashtbl.find_opt t k) ~default:(-1) in
  let bs = kept (fun b -> List.for_all (fun (_, l) -> List.for_all (fun (v, _) -> inside.(v)) l) b.entries) c.blocks in
  let fine g = List.for_all (fun ((v, w), _) -> inside.(v) && inside.(w)) g.terms in
  let fs = kept fine c.forms and zs = kept fine c.zeros in
  let chosen a ks = Array.of_list (List.map (fun k -> a.(k)) ks) in
  let b_at = place bs and f_at = place fs and z_at = place zs in
  let (uf, unit_poly) = in_integers unit in
  let c' = { c with blocks = chosen c.blocks bs; forms = chosen c.forms fs; zeros = chosen c.zeros zs; unit; unit_factor = uf;
    form_factor = s; form_exponent = 0; block_at = (fun k -> b_at (c.block_at k)); form_at = (fun k -> f_at (c.form_at k)); zero_at = (fun k -> z_at (c.zero_at k)) } in
  let main = read_identity c' level items in
  ({ local_form = List.map (fun ((v, w), q) -> ([ v; w ], times s q)) form; local_unit = unit_poly;
     kept_tables = bs; kept_forms = fs; kept_zeros = zs; local_main = main;
     local_ends = if level = 0 then None else Some (Infinity.ends c' form []) },
   { factor = s; exponent = 0; terms = form })

let locals c items = match opt items "local" with
  | None -> ([], c)
  | Some l ->
      let found = List.map (local c) (list l) in
      (List.map fst found, { c with forms = Array.append c.forms (Array.of_list (List.map snd found)) })

(* ---- cells ---- *)

let no_face = { divisor = Z.one; solved = []; reasons = [] }

let cut_by c a s =
  let a' = List.map (fun (x, u) -> (x, Q.mul (Q.of_int s) u)) a in
  let positive = Array.copy c.positive in
  (match a' with [ (x, u) ] when Q.sign u > 0 -> positive.(x) <- true | _ -> ());
  let block = { times = fst (in_integers a); sigma = 0; tau = [||]; order = 1; entries = [ ((0, 0), nonzero a') ] } in
  { c with blocks = Array.append c.blocks [| block |]; positive }

(* x_v = Σ value x_w on the space where the forms vanish, each with its reason Σ λ_j l_j = x_v − Σ value x_w *)
let space forms =
  List.fold_left (fun (j, solved) l ->
    let used = List.filter_map (fun (v, q) -> Option.map (fun s -> (q, s)) (List.assoc_opt v solved)) l in
    let rest = nonzero (gathered (List.concat_map (fun (v, q) -> match List.assoc_opt v solved with
      | None -> [ (v, q) ] | Some (value, _) -> List.map (fun (w, p) -> (w, Q.mul q p)) value) l)) in
    (* rest = l − Σ q (x_v − value) *)
    let why = gathered ((j, Q.one) :: List.concat_map (fun (q, (_, r)) -> List.map (fun (i, p) -> (i, Q.neg (Q.mul q p))) r) used) in
    match List.sort (fun (v, _) (w, _) -> compare w v) rest with
    | [] -> (j + 1, solved)
    | (v, top) :: more ->
        Budget.spend (List.length solved);
        let value = List.map (fun (w, q) -> (w, Q.neg (Q.div q top))) more in
        let r = List.map (fun (i, p) -> (i, Q.div p top)) why in
        let solved = List.map (fun (w, (old, s)) -> match List.assoc_opt v old with
          | None -> (w, (old, s))
          | Some q -> (w, (nonzero (gathered (List.filter (fun (y, _) -> y <> v) old @ List.map (fun (y, p) -> (y, Q.mul q p)) value)),
                           gathered (s @ List.map (fun (i, p) -> (i, Q.mul q p)) r)))) solved in
        (j + 1, (v, (value, r)) :: solved)) (0, []) forms |> snd

let on_space c forms =
  match space forms with
  | [] -> (no_face, c)
  | solved ->
      let k = clear (List.concat_map (fun (_, (value, _)) -> List.map snd value) solved) in
      let line l = nonzero (gathered (List.concat_map (fun (v, q) -> match List.assoc_opt v solved with
        | None -> [ (v, q) ] | Some (value, _) -> List.map (fun (w, p) -> (w, Q.mul q p)) value) l)) in
      let quadratic terms = nonzero (gathered (List.concat_map (fun ((v, w), q) ->
        List.concat_map (fun (a, p) -> List.map (fun (b, s) -> ((min a b, max a b), Q.mul q (Q.mul p s))) (line [ (w, Q.one) ])) (line [ (v, Q.one) ])) terms)) in
      let k2 = Z.mul k k in
      let shape g = { g with factor = Z.mul g.factor k2; terms = quadratic g.terms } in
      let blocks = Array.map (fun b -> { b with times = Z.mul b.times k; entries = List.map (fun (ij, l) -> (ij, line l)) b.entries }) c.blocks in
      let positive = Array.copy c.positive in
      Array.iter (fun b -> List.iter (fun ((i, j), l) -> match l with [ (v, q) ] when i = j && Q.sign q > 0 -> positive.(v) <- true | _ -> ()) b.entries) blocks;
      let dens = List.map (fun f -> fst (in_integers f)) forms in
      let one (v, (value, r)) =
        let l = List.mapi (fun j d -> Q.div (Option.value (List.assoc_opt j r) ~default:Q.zero) (Q.of_bigint d)) dens in
        let m = clear l in
        ((v, List.map (fun (w, q) -> (w, times k q)) value), (m, List.map (fun q -> Z.mul k (times m q)) l)) in
      let both = List.map one solved in
      ({ divisor = k; solved = List.map fst both; reasons = List.map snd both },
       { c with blocks; forms = Array.map shape c.forms; zeros = Array.map shape c.zeros; positive; unit = line c.unit;
         unit_factor = Z.mul c.unit_factor k; form_factor = Z.mul c.form_factor k2 })

(* all y of the leaves *)
let leaves m steps =
  List.filter_map (fun s -> match s with
    | Object l when List.mem_assoc "y" l ->
        let y = List.map ratio (list (get l "y")) in
        if List.length y <> m then refuse "y has the wrong length"; Some y
    | _ -> None) steps

let tree (r : Statement.read) whole c0 items =
  let total = List.length r.Statement.program.blocks in
  let first_stated = total - r.Statement.stated in
  let steps = ref (list (get items "tree")) in
  let rec go c cuts zs = match !steps with
    | [] -> refuse "the tree ends before every cell is treated"
    | s :: rest -> steps := rest;
        (match s with
         | Object l when List.mem_assoc "cut" l ->
             let a = linear_in c (get l "cut") in
             let t1 = go (cut_by c a 1) (cuts + 1) zs in
             let t2 = go (cut_by c a (-1)) (cuts + 1) zs in
             Cut (snd (in_integers a), t1, t2)
         | Object l when List.mem_assoc "either" l ->
             let l = fields s "an inner node" [ "either"; "multipliers" ] [] in
             let (a, b) = match List.map (linear_in c) (list (get l "either")) with [ a; b ] -> (a, b) | _ -> refuse "either has two forms" in
             let (da, a') = in_integers a and (db, b') = in_integers b in
             let ms = List.map (fun t -> match list t with
               | [ j; q ] -> let j = int j in let e = get_array whole.zeros j "a vanishing form" in
                   (j, Q.mul (Q.of_bigint (Z.mul da db)) (Q.div (Q.mul (two (- e.exponent)) (ratio q)) (Q.of_bigint e.factor)))
               | _ -> refuse "a multiplier has two items") (list (get l "multipliers")) in
             let x = clear (List.map snd ms) in
             let t1 = go c cuts (zs @ [ a ]) in
             let t2 = go c cuts (zs @ [ b ]) in
             Either (a', b', x, List.map (fun (j, q) -> (j, times x q)) ms, t1, t2)
         | Object l when List.mem_assoc "y" l ->
             let items = known s [ "y"; "level"; "terms"; "multipliers"; "scales"; "local" ] in
             let names k = if k < first_stated then k else if k < first_stated + cuts then k - first_stated + total
               else if k < total + cuts then k - cuts else -1 in
             let (face, c) = on_space { c with block_at = names } zs in
             let (ls, c) = locals c items in
             Cell (face, ls, read_identity c (Json.whole (get items "level") 0 12) items)
         | _ -> outside "a decision of the tree") in
  let t = go c0 0 [] in
  if !steps <> [] then refuse "the tree has items left over";
  t

(* cells of the orthant by integer vectors: the same z = (p v_i + q v_j) / g as in the file *)
let simplices c items =
  if Array.exists (fun k -> k <> 0) c.d then outside "simplices in other units";
  let steps = ref (list (get items "simplices")) in
  let n = c.dim in
  let plain = { c with blocks = [||]; positive = Array.make n true } in
  let rec go cell = match !steps with
    | [] -> refuse "the tree ends before every cell is treated"
    | s :: rest -> steps := rest;
        (match s with
         | Object l when List.mem_assoc "split" l ->
             let (i, j, p, q) = match list (get (fields s "an inner node" [ "split" ] []) "split") with
               | [ i; j; p; q ] -> (whole i 0 (n - 1), whole j 0 (n - 1), big p, big q) | _ -> refuse "a split has four items" in
             Budget.spend n;
             let z = Array.init n (fun w -> Z.add (Z.mul p cell.(i).(w)) (Z.mul q cell.(j).(w))) in
             let g = Array.fold_left Z.gcd Z.zero z in
             if Z.sign g = 0 then refuse "a vertex is zero";
             let z = Array.map (fun a -> Z.divexact a g) z in
             let put k = let v = Array.copy cell in v.(k) <- z; v in
             let s1 = go (put i) in
             let s2 = go (put j) in
             Split (i, j, p, q, g, Array.to_list z, s1, s2)
         | _ ->
             let items = fields s "a leaf" [ "y" ] [ "factor"; "bits"; "weights"; "z" ] in
             let rows = match opt items "factor" with None -> List.init n (fun _ -> []) | Some f -> integers f in
             if List.length rows <> n then refuse "a factor has the wrong number of rows";
             let m = width rows and four = Q.of_bigint (power (2 * bits items "bits")) in
             let w = match opt items "weights" with None -> repeat m Q.one | Some l -> List.map ratio (list l) in
             if List.length w <> m then refuse "weights have the wrong length";
             let zs = match opt items "z" with None -> [] | Some l -> List.map ratio (list l) in
             if zs <> [] && List.length zs <> Array.length c.zeros then refuse "z has the wrong length";
             let f = two c.form_exponent in
             let squares = ([], [], List.mapi (fun v r -> ([ (([], [ v ]), Z.one) ], r)) rows, List.map (fun u -> Q.mul f (Q.div u four)) w) in
             let multipliers = List.mapi (fun j q -> let e = c.zeros.(j) in
               (j, [], Q.mul f (Q.mul (two (- e.exponent)) (Q.div q (Q.of_bigint e.factor))))) zs in
             Simplex (identity plain 0 [ squares ] multipliers [])) in
  let t = go (Array.init n (fun k -> Array.init n (fun w -> if k = w then Z.one else Z.zero))) in
  if !steps <> [] then refuse "the tree has items left over";
  t

let rec levels = function Cell (_, _, i) -> i.level | Cut (_, a, b) -> max (levels a) (levels b) | Either (_, _, _, _, a, b) -> max (levels a) (levels b)

(* ---- the proof of C − Σ y_i A_i >= 0, or of −Σ y_i A_i >= 0 ---- *)

let dual (r : Statement.read) y_of proof objective =
  let p = r.Statement.program in
  let m = List.length p.equations in
  let (u, proof) = units r proof in
  let items = match proof with
    | Object l when List.mem_assoc "tree" l -> known proof [ "value"; "tree"; "infinity"; "rounded"; "inside"; "local" ]
    | Object l when List.mem_assoc "simplices" l -> known proof [ "value"; "simplices"; "rounded" ]
    | _ -> known proof [ "value"; "y"; "level"; "terms"; "multipliers"; "scales"; "infinity"; "rounded"; "inside"; "local"; "symmetry" ] in
  let key = if List.mem_assoc "simplices" items then "simplices" else "tree" in
  let branched = List.mem_assoc key items in
  let y = if branched then (match leaves m (list (get items key)) with [] -> refuse "a tree has no leaf" | y :: ys -> List.fold_left (List.map2 Q.min) y ys)
    else if not y_of then []
    else (let y = List.map ratio (list (get items "y")) in if List.length y <> m then refuse "y has the wrong length"; y) in
  let y = in_units u y in
  let form = combined objective (List.map as_q y) p.equations in
  let c = context r u form in
  let (way, level) = match opt items "symmetry" with
    | Some s ->
        if List.mem_assoc "local" items then outside "symmetry and local forms together";
        let level = whole (get items "level") 0 12 in (Averages.way p form c level s items, level)
    | None when key = "simplices" -> (BySimplices (simplices c items), 0)
    | None ->
        let (ls, c') = locals c items in
        let t = if branched then tree r c c' items else Cell (no_face, [], read_identity c' (whole (get items "level") 0 12) items) in
        (ByCells (ls, t), levels t) in
  let hints = match opt items "inside" with
    | None -> []
    | Some z -> let z = List.map ratio (list z) in
        if List.length z <> p.dim then refuse "inside has the wrong length";
        [ Array.of_list (List.mapi (fun v q -> Q.mul (two (at u.by v)) q) z) ] in
  ({ multiplier_unit = List.map (fun (x, q) -> (x, times c.unit_factor q)) c.unit; dual_y = List.map as_q y; dual_way = way;
     dual_ends = if level = 0 then None else Some (Infinity.ends c (terms form) hints) }, y)

(* rounded up to a multiple of the common divisor of C where values are integers *)
let lower (r : Statement.read) proof =
  let p = r.Statement.program in
  let (d, y) = dual r true proof p.objective in
  match (match proof with Object l -> opt l "rounded" | _ -> None) with
  | Some (Bool true) ->
      let c = List.map (fun (_, q) -> of_q q) p.objective in
      let bottom = clear c in
      let g = Q.make (List.fold_left (fun g q -> Z.gcd g (times bottom q)) Z.zero c) bottom in
      (match p.equations with
       | [ ([ ((home, _), _) ], b) ] when Q.sign g > 0 ->
           let beta = Q.mul (List.hd y) (of_q b) in
           let q = Q.div beta g in
           let multiple = Z.cdiv (Q.num q) (Q.den q) in
           ProveRounded (d, { home; step = as_q g; multiple })
       | _ -> refuse "rounding needs x_0² = 1 as the only equation")
  | _ -> ProveDual d
