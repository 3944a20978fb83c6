(* Identities that hold on average: the polynomials h_k whose differences h_k(x) − h_k(g_k x) move every coefficient to one
   monomial of its orbit. Not trusted. *)

open Checker
open Numbers
open Json
open Identities

let permutation dim v =
  let g = Array.of_list (List.map (fun v -> whole v 0 (dim - 1)) (list v)) in
  if Array.length g <> dim then refuse "a generator of a group must be a permutation";
  g

let root c j form =
  let e = get_array c.zeros j "a vanishing form" in
  let f = List.map (fun t -> match list t with
    | [ x; q ] -> let x = whole x 0 (c.dim - 1) in (x, Q.mul (two (- at c.d x)) (ratio q)) | _ -> refuse "an entry of a linear form has two items") (list form) in
  let d = clear (List.map snd f) in
  let p = List.map (fun (x, q) -> ([ x ], times d q)) f in
  let (k, z) = match elements (add_poly Z.one (mul0 p p) Leaf) with
    | ([ v; w ], z) :: _ -> (match List.assoc_opt (v, w) e.terms with Some q -> (times e.factor q, z) | None -> refuse "no square of a linear form")
    | _ -> refuse "no square of a linear form" in
  (* E = (k / z) p²: z E = k p² *)
  ((((j, p), z), k), { factor = d; exponent = 0; terms = [] })

let way program form c level s items =
  let s = fields s "symmetry" [ "generators" ] [ "linear" ] in
  let gens = List.map (permutation c.dim) (list (List.assoc "generators" s)) in
  let roots = match List.assoc_opt "linear" s with
    | None -> []
    | Some l -> List.map (fun t -> match list t with [ j; f ] -> root c (int j) f | _ -> refuse "a linear form has two items") (list l) in
  let c = { c with roots = Array.of_list (List.map snd roots) } in
  let i = read_identity c level items in
  let roots = List.map fst roots in
  let e = linear_poly (List.map (fun (x, q) -> (x, times c.unit_factor q)) c.unit) Z.one in
  let f = form_poly (form_denominator form) form in
  let left = elements (rest (with_roots (cone_of program) roots) e f i) in
  let coefficients = Hashtbl.create 1024 in
  List.iter (fun (m, z) -> Hashtbl.replace coefficients m z) left;
  let inverse g = let b = Array.make c.dim 0 in Array.iteri (fun v w -> b.(w) <- v) g; b in
  let back = List.map inverse gens in
  let move g m = List.sort compare (List.map (fun v -> g.(v)) m) in
  let h = Array.make (List.length gens) [] in
  let seen = Hashtbl.create 1024 in
  (* the orbit of a monomial m, and how each of its members comes from the one before: by g_k, or back *)
  let orbit m =
    let order = ref [] and queue = Queue.create () in
    Hashtbl.replace seen m None; Queue.add m queue;
    while not (Queue.is_empty queue) do
      let a = Queue.pop queue in
      order := a :: !order;
      Budget.spend (1 + List.length gens);
      List.iteri (fun k g -> let b = move g a in
        if not (Hashtbl.mem seen b) then (Hashtbl.replace seen b (Some (a, k, true)); Queue.add b queue)) gens;
      List.iteri (fun k g -> let b = move g a in
        if not (Hashtbl.mem seen b) then (Hashtbl.replace seen b (Some (a, k, false)); Queue.add b queue)) back
    done;
    !order in
  let least ms = List.fold_left min (List.hd ms) ms in
  List.iter (fun (m, _) -> if not (Hashtbl.mem seen m) then begin
    let all = orbit m in
    (* again, from the least of them: its coefficient is what the function judges *)
    List.iter (Hashtbl.remove seen) all;
    let all = orbit (least all) in
    List.iter (fun b -> match Hashtbl.find seen b with
      | None -> ()
      | Some (a, k, forth) ->
          let z = Option.value (Hashtbl.find_opt coefficients b) ~default:Z.zero in
          if Z.sign z <> 0 then begin
            (* z b = z a + (h − h∘g): b = g_k a and h = −z a, or a = g_k b and h = z b *)
            h.(k) <- (if forth then (a, Z.neg z) else (b, z)) :: h.(k);
            Hashtbl.replace coefficients a (Z.add z (Option.value (Hashtbl.find_opt coefficients a) ~default:Z.zero))
          end) all
  end) left;
  OnAverage ({ group = List.mapi (fun k g -> (Array.to_list g, h.(k))) gens; linear_roots = roots }, i)
