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

(* ---- F >= 0 where e = 0 ---- *)

let pair v w = if v <= w then (v, w) else (w, v)
let add f key d =
  let d = Q.add d (Option.value (Hashtbl.find_opt f key) ~default:Q.zero) in
  if Q.sign d = 0 then Hashtbl.remove f key else Hashtbl.replace f key d

(* a form without one variable of e: x_w e for its products, as pairs (w, multiplier) *)
let without c form =
  let (x, a) = match List.rev c.unit with t :: _ -> t | [] -> outside "an empty multiplier e" in
  let f = Hashtbl.create 64 and used = Hashtbl.create 16 in
  List.iter (fun ((v, w), d) -> add f (pair v w) d) form;
  let rec go () =
    match Hashtbl.fold (fun (v, w) d l -> if v = x || w = x then ((v, w), d) :: l else l) f [] with
    | [] -> ()
    | l ->
        List.iter (fun ((v, w), d) ->
          let other = if v = x then w else v and s = Q.div d a in
          Budget.spend (List.length c.unit);
          add used other s;
          List.iter (fun (y, b) -> add f (pair other y) (Q.neg (Q.mul s b))) c.unit) l;
        go () in
  go ();
  (f, Hashtbl.fold (fun w s l -> (w, s) :: l) used [])

(* squares of what has no known sign *)
let squares c f =
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
  Option.map (fun columns ->
    if columns = [] then [] else
      [ ([], [], List.map2 (fun v r -> ([ (([], [ v ]), Z.one) ], r)) used (rows_of n columns), List.map fst columns) ]) (factored m)

let line c l = List.filter (fun (x, _) -> not (List.mem_assoc x c.unit)) l

let at_zero c form =
  let z = Array.length c.zeros in
  let by_e l = List.map (fun (w, s) -> (z + w, [], Q.div s (Q.of_bigint c.unit_factor))) l in
  (* where e is a sum of nonnegative variables, F + K e² >= 0 by its signs may do *)
  let plain = List.for_all (fun (x, a) -> c.positive.(x) && Q.sign a > 0) c.unit in
  let unit = Hashtbl.create 16 in
  List.iter (fun (x, a) -> Hashtbl.replace unit x a) c.unit;
  let both (v, w) = match Hashtbl.find_opt unit v, Hashtbl.find_opt unit w with Some a, Some b -> Q.mul a b | _ -> Q.zero in
  let k = List.fold_left (fun k (t, d) -> let b = both t in
    if Q.sign d < 0 && Q.sign b > 0 then Q.max k (Q.div (Q.neg d) b) else k) Q.zero form in
  let simple = plain && List.for_all (fun ((v, w), d) ->
    if Q.sign d >= 0 then v = w || (c.positive.(v) && c.positive.(w)) else Q.sign (both (v, w)) > 0) form in
  if simple then AtZero (identity c 0 [] (by_e (List.map (fun (x, a) -> (x, Q.neg (Q.mul k a))) c.unit)) [])
  else
  let (f, first) = without c form in
  match squares c f with
  | Some s -> AtZero (identity c 0 s (by_e first) [])
  | None ->
      (* x_v >= 0 and l_k = −c x_v >= 0 where e = 0: −x_v x_w is l_k times a line b x_w *)
      let upper = Hashtbl.create 16 and lower = Hashtbl.create 16 in
      Array.iteri (fun k b -> match b.entries with
        | [ ((0, 0), l) ] when b.order = 1 ->
            (match l with [ (v, q) ] when Q.sign q > 0 -> Hashtbl.replace lower v (k, q, l) | _ -> ());
            (match line c l with [ (v, q) ] when Q.sign q < 0 && c.positive.(v) -> Hashtbl.replace upper v (k, Q.neg q, l) | _ -> ())
        | _ -> ()) c.blocks;
      let terms = ref [] and form = ref form in
      let use (k, q, l) (k', q', l') d =
        let omega = Q.div d (Q.mul q q') in
        terms := ([ k; k' ], [], [ ([ (([ 0; 0 ], []), Z.one) ], [ Z.one ]) ],
                  [ Q.div omega (Q.of_bigint (Z.mul c.blocks.(k).times c.blocks.(k').times)) ]) :: !terms;
        List.iter (fun (v, a) -> List.iter (fun (w, b) -> form := ((v, w), Q.neg (Q.mul omega (Q.mul a b))) :: !form) l') l in
      Hashtbl.iter (fun (v, w) d -> if Q.sign d < 0 then
        match Hashtbl.find_opt upper v, Hashtbl.find_opt lower w, Hashtbl.find_opt upper w, Hashtbl.find_opt lower v with
        | Some a, Some b, _, _ | _, _, Some a, Some b -> use a b (Q.neg d)
        | _ -> ()) f;
      (* forms E_j that are sums of squares there, up to sign, as often as needed *)
      let (f, _) = without c !form in
      let size = Hashtbl.fold (fun _ d s -> Q.add s (Q.abs d)) f Q.zero in
      let more = if Hashtbl.fold (fun (v, w) d ok -> ok && Q.sign d >= 0 && (v = w || (c.positive.(v) && c.positive.(w)))) f true then [] else
        List.concat (List.mapi (fun j e ->
          let (g, _) = without c e.terms in
          let parts = Hashtbl.fold (fun t d l -> (t, d) :: l) g [] in
          let sign = match parts with (_, d) :: _ -> Q.sign d | [] -> 0 in
          if parts <> [] && List.for_all (fun ((v, w), d) -> v = w && Q.sign d = sign) parts then
            let least = List.fold_left (fun m (_, d) -> Q.min m (Q.abs d)) (Q.abs (snd (List.hd parts))) parts in
            [ (j, Q.mul (Q.of_int sign) (Q.div size least)) ] else []) (Array.to_list c.zeros)) in
      List.iter (fun (j, q) -> form := List.map (fun (t, d) -> (t, Q.mul q d)) c.zeros.(j).terms @ !form) more;
      let (f, last) = without c !form in
      (match squares c f with
       | Some s ->
           let by_forms = List.map (fun (j, q) -> (j, [], Q.div (Q.neg q) (Q.of_bigint c.zeros.(j).factor))) more in
           AtZero (identity c 0 (s @ !terms) (by_forms @ by_e last) [])
       | None -> outside "why the form is nonnegative where e vanishes")

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
