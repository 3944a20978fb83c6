(* From a certificate's file to the claim (Spec.v). Not verified, and to be trusted: what is read here is what is proved. *)

open Checker
open Numbers
open Json

exception Outside of string  (* a kind or an option that has no proof here *)

let q v = let (t, d) = rational v in { qnum = t; qden = d }

let matrix v =
  let rows = List.map (fun r -> List.map q (list r)) (list v) in
  let n = List.length rows in
  if n = 0 || n > 3000 then refuse "a matrix has between 1 and 3000 rows";
  List.iter (fun r -> if List.length r <> n then refuse "a matrix must be square") rows;
  rows

let form dim v =
  List.map (fun t -> match list t with
    | [ i; j; c ] -> ((whole i 0 (dim - 1), whole j 0 (dim - 1)), q c)
    | _ -> refuse "an entry of a form has three items") (list v)

let block dim v =
  let b = fields v "a block" [ "order"; "entries" ] [] in
  let n = whole (List.assoc "order" b) 1 3000 in
  { rows = n;
    entries = List.map (fun t -> match list t with
      | [ i; j; x; c ] -> let j = whole j 0 (n - 1) in (((whole i 0 j, j), whole x 0 (dim - 1)), q c)
      | _ -> refuse "an entry of a block has four items") (list (List.assoc "entries" b)) }

type read = { program : program; unit : (int * q) list; stated : int }

let program v =
  let p = fields v "the program" [ "type"; "name"; "dim"; "blocks"; "generators"; "unit"; "objective"; "equations"; "vanishing" ] [ "stated" ] in
  let get key = List.assoc key p in
  let dim = whole (get "dim") 1 100_000 in
  let pair t = match list t with [ x; c ] -> (whole x 0 (dim - 1), q c) | _ -> refuse "an entry of a linear form has two items" in
  let stated = match List.assoc_opt "stated" p with
    | None -> []
    | Some s -> List.map (fun a -> { rows = 1; entries = List.map (fun t -> let (x, c) = pair t in (((0, 0), x), c)) (list a) }) (list s) in
  { program =
      { dim; blocks = List.map (block dim) (list (get "blocks")) @ stated;
        generators = List.map (form dim) (list (get "generators"));
        vanishing = List.map (form dim) (list (get "vanishing"));
        objective = form dim (get "objective");
        equations = List.map (fun e ->
          let e = fields e "an equation" [ "form"; "value" ] [] in
          (form dim (List.assoc "form" e), q (List.assoc "value" e))) (list (get "equations")) };
    unit = List.map pair (list (get "unit")); stated = List.length stated }

type subject = OfMatrix of matrix | OfProgram of read | OnCone of matrix * ((int * int) * q) list * read

let on_cone v =
  let p = fields v "the problem" [ "type"; "rows"; "cone" ] [] in
  let cone = fields (List.assoc "cone" p) "the cone" [ "basis"; "dim"; "blocks"; "generators"; "unit" ] [] in
  let m = matrix (List.assoc "rows" p) in
  let a = Array.of_list (List.map Array.of_list m) in
  Array.iteri (fun i r -> Array.iteri (fun j c ->
    if not (Z.equal (Z.mul c.qnum a.(j).(i).qden) (Z.mul a.(j).(i).qnum c.qden)) then refuse "the matrix is not symmetric") r) a;
  let empty = List.map (fun k -> (k, List [])) [ "objective"; "equations"; "vanishing" ] in
  let r = program (Object (("type", Text "program") :: ("name", Text "") :: empty @ List.remove_assoc "basis" cone)) in
  let map = List.map (fun t -> match list t with
    | [ i; x; c ] -> ((whole i 0 (Array.length a - 1), whole x 0 (r.program.dim - 1)), q c)
    | _ -> refuse "an entry of the basis has three items") (list (List.assoc "basis" cone)) in
  if List.length (List.sort_uniq compare (List.map fst map)) <> List.length map then refuse "an entry of the basis is given twice";
  if map = [] then raise (Outside "the cone {0}");
  OnCone (m, map, r)

let subject v =
  match v with
  | Object items ->
      (match List.assoc_opt "type" items with
       | Some (Text "matrix") -> OfMatrix (matrix (List.assoc "rows" (fields v "the matrix" [ "type"; "rows" ] [])))
       | Some (Text "program") -> OfProgram (program v)
       | Some (Text "matrix on a cone") -> on_cone v
       | Some (Text other) -> raise (Outside ("a problem of type " ^ other))
       | _ -> refuse "the problem has no type")
  | _ -> refuse "the problem must be an object"

let value proof = match proof with
  | Object items -> (match List.assoc_opt "value" items with Some v -> q v | None -> refuse "the proof lacks value")
  | _ -> refuse "the proof must be an object"

let claim kind subject proof =
  match kind, subject with
  | "copositive", OfMatrix m -> Copositive m
  | "not copositive", OfMatrix m -> NotCopositive m
  | "strictly copositive", OfMatrix m -> StrictlyCopositive m
  | "not strictly copositive", OfMatrix m -> NotStrictlyCopositive m
  | "completely positive", OfMatrix m -> CompletelyPositive m
  | "not completely positive", OfMatrix m -> NotCompletelyPositive m
  | "copositive", OnCone (m, t, r) -> CopositiveOn (m, t, r.program)
  | "not copositive", OnCone (m, t, r) -> NotCopositiveOn (m, t, r.program)
  | "strictly copositive", OnCone (m, t, r) -> StrictlyCopositiveOn (m, t, r.program)
  | "not strictly copositive", OnCone (m, t, r) -> NotStrictlyCopositiveOn (m, t, r.program)
  | "copositive", OfProgram r -> if r.program.equations <> [] then refuse "the program has equations" else FormCopositive r.program
  | "not copositive", OfProgram r -> if r.program.equations <> [] then refuse "the program has equations" else FormNotCopositive r.program
  | "lower bound", OfProgram r -> LowerBound (r.program, value proof)
  | "upper bound", OfProgram r -> UpperBound (r.program, value proof)
  | "infeasible", OfProgram r -> Infeasible r.program
  | _ -> raise (Outside ("the kind " ^ kind ^ " of this problem"))

let show c = if Z.equal c.qden Z.one then Z.to_string c.qnum else Z.to_string c.qnum ^ "/" ^ Z.to_string c.qden

let in_words claim stated =
  let order m = let n = string_of_int (List.length m) in "the " ^ n ^ "×" ^ n ^ " matrix M in the file is " in
  let assuming = if stated = 0 then "" else
    Printf.sprintf "assuming that the cone has the %d inequalities that the problem states without a proof: " stated in
  match claim with
  | Copositive m -> order m ^ "copositive"
  | NotCopositive m -> order m ^ "not copositive"
  | StrictlyCopositive m -> order m ^ "strictly copositive"
  | NotStrictlyCopositive m -> order m ^ "not strictly copositive"
  | CompletelyPositive m -> order m ^ "completely positive"
  | NotCompletelyPositive m -> order m ^ "not completely positive"
  | CopositiveOn (m, _, _) -> order m ^ "copositive on the cone K in the file: x'Mx >= 0 for every x in K"
  | NotCopositiveOn (m, _, _) -> order m ^ "not copositive on the cone K in the file"
  | StrictlyCopositiveOn (m, _, _) -> order m ^ "strictly copositive on the cone K in the file: x'Mx > 0 for every x in K that is not zero"
  | NotStrictlyCopositiveOn (m, _, _) -> order m ^ "not strictly copositive on the cone K in the file"
  | FormCopositive _ -> assuming ^ "<C, Y> >= 0 for every Y in the cone of the program in the file"
  | FormNotCopositive _ -> "the form C is negative at an atom of the program in the file"
  | LowerBound (_, b) -> assuming ^ "min <C, Y> >= " ^ show b ^ " for the program in the file"
  | UpperBound (_, b) -> assuming ^ "min <C, Y> <= " ^ show b ^ " for the program in the file"
  | Infeasible _ -> assuming ^ "no Y is feasible for the program in the file"
