(* Why e >= 0 on the cone, and why F >= 0 where e = 0: what a file leaves to its reader above level 0. Not trusted. *)

open Checker
open Numbers
open Json
open Identities

(* every variable of e is nonnegative, or a single entry on the diagonal of a block *)
let sign_of_unit c =
  let terms = List.filter_map (fun (x, a) ->
    if Q.sign a > 0 && c.positive.(x) then None
    else begin
      let found = ref None in
      Array.iteri (fun k b -> List.iter (fun ((i, j), l) -> match l with
        | [ (y, q) ] when i = j && y = x && Q.sign q > 0 && Q.sign a > 0 && !found = None -> found := Some (k, i, q) | _ -> ()) b.entries) c.blocks;
      match !found with
      | Some (k, i, q) ->
          Some ([ k ], [], [ ([ (([ i ], []), Z.one) ], [ Z.one ]) ], [ Q.div (Q.div a q) (Q.of_bigint c.blocks.(k).times) ])
      | None -> outside "why e is nonnegative on K"
    end) c.unit in
  identity { c with form_factor = c.unit_factor } 0 terms [] []

let at_zero c form =
  (* F where e = 0: x_w e for the products with one variable of e, then completing squares *)
  let f = Hashtbl.create 64 in
  let add (a, b) d = let key = if a <= b then (a, b) else (b, a) in
    let d = Q.add d (Option.value (Hashtbl.find_opt f key) ~default:Q.zero) in
    if Q.sign d = 0 then Hashtbl.remove f key else Hashtbl.replace f key d in
  List.iter (fun (t, d) -> add t d) form;
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
    AtZero (identity c 0 []
        (List.map (fun (x, a) -> (Array.length c.zeros + x, [], Q.div (Q.neg (Q.mul k a)) (Q.of_bigint c.unit_factor))) c.unit) [])
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
      AtZero (identity c 0 squares !multipliers [])

(* ---- a point of the cone where e > 0 ---- *)

let factors_at blocks x =
  let at = Array.of_list x in
  List.map (fun b ->
    let a = Array.make_matrix b.order b.order Q.zero in
    List.iter (fun ((i, j), l) ->
      let u = List.fold_left (fun s (v, q) -> Q.add s (Q.mul q (Q.of_bigint at.(v)))) Q.zero l in
      let u = Q.mul u (Q.of_bigint b.times) in
      a.(i).(j) <- u; a.(j).(i) <- u) b.entries;
    match factored a with
    | None -> refuse "the point is not in K"
    | Some columns ->
        let s = clear (List.map fst columns) in
        { common_factor = s; column_weights = List.map (fun (w, _) -> times s w) columns; factor_rows = rows_of b.order columns }) blocks

let value terms x = List.fold_left (fun s ((v, w), q) -> Q.add s (Q.mul q (Q.mul x.(v) x.(w)))) Q.zero terms

let inside c hints =
  let seen = Array.copy c.positive in
  Array.iter (fun b -> List.iter (fun ((i, j), l) -> match l with [ (v, q) ] when i = j && Q.sign q > 0 -> seen.(v) <- true | _ -> ()) b.entries) c.blocks;
  let ones = Array.init c.dim (fun v -> if seen.(v) then Q.one else Q.zero) in
  List.find_map (fun z ->
    let e = List.fold_left (fun s (v, q) -> Q.add s (Q.mul q z.(v))) Q.zero c.unit in
    if Q.sign e <= 0 || Array.exists (fun g -> Q.sign (value g.terms z) < 0) c.forms then None
    else
      let d = clear (Array.to_list z) in
      let z = List.map (times d) (Array.to_list z) in
      match factors_at (Array.to_list c.blocks) z with fs -> Some (Checker.Inside (z, fs)) | exception Unreadable _ -> None) (hints @ [ ones ])

(* t² − |u|² *)
let lorentz g =
  List.length (List.filter (fun (_, q) -> Q.sign q > 0) g.terms) = 1 && List.for_all (fun ((v, w), _) -> v = w) g.terms

let ends c form hints =
  let where_zero =
    if c.zeros = [||] && Array.for_all lorentz c.forms then
      match inside c hints with Some z -> z | None -> at_zero c form
    else at_zero c form in
  { sign_of_unit = sign_of_unit c; where_zero }
