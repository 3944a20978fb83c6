(* JSON with integers and texts; floats, duplicate keys and deep nesting are refused. Not verified. *)

type t = Int of Z.t | Text of string | List of t list | Object of (string * t) list | Bool of bool | Null

exception Unreadable of string

let refuse message = raise (Unreadable message)

let parse text =
  let n = String.length text and at = ref 0 in
  let peek () = if !at < n then text.[!at] else '\000' in
  let rec blanks () = match peek () with ' ' | '\n' | '\r' | '\t' when !at < n -> incr at; blanks () | _ -> () in
  let expect word = String.iter (fun c -> if peek () = c then incr at else refuse "not JSON") word in
  let string () =
    expect "\"";
    let out = Buffer.create 16 in
    let rec go () =
      if !at >= n then refuse "a text without an end";
      match text.[!at] with
      | '"' -> incr at
      | '\\' ->
          if !at + 1 >= n then refuse "a text without an end";
          (match text.[!at + 1] with
           | 'n' -> Buffer.add_char out '\n' | 't' -> Buffer.add_char out '\t' | 'r' -> Buffer.add_char out '\r'
           | 'b' -> Buffer.add_char out '\b' | 'f' -> Buffer.add_char out '\012'
           | ('"' | '\\' | '/') as c -> Buffer.add_char out c
           | 'u' -> Buffer.add_string out "\\u"  (* names and words only: kept as it is written *)
           | _ -> refuse "not JSON");
          at := !at + 2; go ()
      | c when Char.code c < 32 -> refuse "a control character in a text"
      | c -> Buffer.add_char out c; incr at; go () in
    go (); Buffer.contents out in
  let number () =
    let start = !at in
    if peek () = '-' then incr at;
    let first = !at in
    while (match peek () with '0' .. '9' -> true | _ -> false) do incr at done;
    if !at = first || (peek () = '.' || peek () = 'e' || peek () = 'E') then refuse "numbers are integers or texts \"p/q\"";
    if !at - first > 1 && text.[first] = '0' then refuse "not JSON";
    if !at - start > 1500 then refuse "a number has at most 1500 digits";
    Z.of_string (String.sub text start (!at - start)) in
  let rec value depth =
    if depth > 100 then refuse "nested too deeply";
    blanks ();
    let out = match peek () with
      | '{' ->
          incr at; blanks ();
          if peek () = '}' then (incr at; Object []) else begin
            let seen = Hashtbl.create 16 and items = ref [] in
            let rec go () =
              blanks (); let key = string () in
              if Hashtbl.mem seen key then refuse "a key appears twice in one object";
              Hashtbl.add seen key (); blanks (); expect ":";
              let v = value (depth + 1) in
              items := (key, v) :: !items;
              match peek () with ',' -> incr at; go () | '}' -> incr at | _ -> refuse "not JSON" in
            go (); Object (List.rev !items)
          end
      | '[' ->
          incr at; blanks ();
          if peek () = ']' then (incr at; List []) else begin
            let items = ref [] in
            let rec go () =
              let v = value (depth + 1) in
              items := v :: !items;
              match peek () with ',' -> incr at; go () | ']' -> incr at | _ -> refuse "not JSON" in
            go (); List (List.rev !items)
          end
      | '"' -> Text (string ())
      | 't' -> expect "true"; Bool true
      | 'f' -> expect "false"; Bool false
      | 'n' -> expect "null"; Null
      | _ -> Int (number ()) in
    blanks (); out in
  let out = value 0 in
  if !at <> n then refuse "something follows the document";
  out

let fields v what required optional =
  match v with
  | Object items ->
      List.iter (fun k -> if not (List.mem_assoc k items) then refuse (what ^ " lacks " ^ k)) required;
      List.iter (fun (k, _) -> if not (List.mem k required || List.mem k optional) then refuse (what ^ " has the key " ^ k)) items;
      items
  | _ -> refuse (what ^ " must be an object")

let list v = match v with List l -> l | _ -> refuse "a list is missing"
let int v = match v with Int z when Z.fits_int z -> Z.to_int z | _ -> refuse "an integer is missing"
let whole v low high = let k = int v in if k < low || k > high then refuse "an integer is out of range" else k
let big v = match v with Int z -> z | _ -> refuse "an integer is missing"

(* an integer or "p/q"; not reduced *)
let rational v =
  let digits s = s <> "" && (let ok = ref true in String.iter (fun c -> if c < '0' || c > '9' then ok := false) s; !ok) in
  match v with
  | Int z -> (z, Z.one)
  | Text s ->
      let body = if s <> "" && s.[0] = '-' then String.sub s 1 (String.length s - 1) else s in
      let top, bottom = match String.index_opt body '/' with
        | None -> (body, "1") | Some k -> (String.sub body 0 k, String.sub body (k + 1) (String.length body - k - 1)) in
      if not (digits top && digits bottom) || String.length top > 1501 || String.length bottom > 1501 then refuse "a number is no integer or \"p/q\"";
      let d = Z.of_string bottom in
      if Z.equal d Z.zero then refuse "a denominator is zero";
      let t = Z.of_string top in
      ((if body = s then t else Z.neg t), d)
  | _ -> refuse "a number is no integer or \"p/q\""
