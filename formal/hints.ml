(* From a certificate's proof to what the verified function reads. Not verified, and need not be trusted: whatever is
   written here, the function accepts true claims only. All denominators are cleared, and small proofs that the file
   leaves to its reader are looked for. *)

open Checker
open Numbers
open Json
open Identities

(* ---- matrices ---- *)

let orthant n weights factor =
  { dim = n; blocks = Array.init n (fun v -> { times = Z.one; sigma = 0; tau = [||]; order = 1; entries = [ ((0, 0), [ (v, Q.one) ]) ] });
    forms = [||]; zeros = [||]; roots = [||]; positive = Array.make n true; unit = weights; unit_factor = Z.one; unit_exponent = 0;
    form_factor = factor; form_exponent = 0; d = [||]; block_at = (fun k -> k); form_at = (fun k -> k); zero_at = (fun k -> k) }

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

let atoms (r : Statement.read) proof =
  let items = fields proof "the proof" [ "value"; "atoms" ] [] in
  List.map (fun a ->
    let a = fields a "an atom" [ "weight"; "point" ] [] in
    let x = List.map ratio (list (get a "point")) in
    if List.length x <> r.Statement.program.dim then refuse "a point has the wrong length";
    let d = clear x in
    let w = Q.div (ratio (get a "weight")) (Q.of_bigint (Z.mul d d)) in
    let x = List.map (times d) x in
    { weight = { qnum = Q.num w; qden = Q.den w }; point = x; block_factors = Infinity.factors_at (Duals.blocks_of r.Statement.program) x }) (list (get items "atoms"))

(* F − y e² >= 0 on a cone *)
let on_cone (r : Statement.read) form proof =
  (match (match proof with Object items -> opt items "method" | _ -> None) with
   | Some (Text "identity") -> ()
   | Some (Text other) -> outside ("the method " ^ other ^ " on a cone")
   | _ -> refuse "a proof on a cone has a method");
  let items = (match proof with Object items -> items | _ -> []) in
  let y = match List.assoc_opt "bound" items with None -> as_q Q.zero | Some v -> Statement.q v in
  let e = r.Statement.unit in
  let proof = Object (List.filter (fun (k, _) -> k <> "method" && k <> "bound") items) in
  (e, y, fst (Duals.dual r false proof (form @ square_of e y)))

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
  | "copositive", Statement.OnCone (m, t, r) -> let (e, y, d) = on_cone r (pulled m t) proof in ProveOn (e, y, d)
  | "strictly copositive", Statement.OnCone (m, t, r) ->
      let items = fields proof "the proof" [ "margin"; "copositive" ] [] in
      let v = Statement.q (get items "margin") in
      let (e, y, d) = on_cone r (pulled m t @ less_squares v r.Statement.program.dim) (get items "copositive") in
      ProveStrictOn (v, e, y, d)
  | ("not copositive" | "not strictly copositive"), Statement.OnCone (_, _, r) ->
      let u = List.map ratio (list (get (fields proof "the proof" [ "point" ] []) "point")) in
      let p = r.Statement.program in
      if List.length u <> p.dim then refuse "a point has the wrong length";
      let d = clear u in
      let z = List.map (times d) u in
      ShowFormNegative (z, Infinity.factors_at (Duals.blocks_of p) z)
  | "copositive", Statement.OfProgram r -> ProveDual (fst (Duals.dual r false proof r.Statement.program.objective))
  | "lower bound", Statement.OfProgram r -> Duals.lower r proof
  | "infeasible", Statement.OfProgram r -> ProveDual (fst (Duals.dual r true proof []))
  | "upper bound", Statement.OfProgram r -> ShowAtoms (atoms r proof)
  | "not copositive", Statement.OfProgram r ->
      let x = point proof in
      if List.length x <> r.Statement.program.dim then refuse "a point has the wrong length";
      ShowFormNegative (x, Infinity.factors_at (Duals.blocks_of r.Statement.program) x)
  | _ -> outside "this kind"
