(* A form is nonnegative on a cone, cell by cell.

   Cut      every x has a'x >= 0 or −a'x >= 0: one more block of order one.
   Either   a(x) b(x) = Σ c_j E_j(x) = 0: a(x) = 0 or b(x) = 0.
   Cell     e^level f = …, perhaps with forms that were proved to be nonnegative before (local). *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Matrices Everywhere Faces.
Import ListNotations.
Open Scope R_scope.

(* ---- local forms: nonnegative by a level of their own, with a part of the cone ---- *)

Record local := {
  local_form : poly; local_unit : linear_form;
  kept_tables : list nat; kept_forms : list nat; kept_zeros : list nat;
  local_main : identity; local_ends : option ends
}.
Definition narrowed (K : cone) (l : local) : cone :=
  {| tables := chosen (tables K) [] (kept_tables l); forms := chosen (forms K) [] (kept_forms l);
     zeros := chosen (zeros K) [] (kept_zeros l); signs := signs K |}.
Definition local_ok (K : cone) (d : nat) (l : local) : bool :=
  let K' := narrowed K l in let e := linear_poly (local_unit l) 1 in
  proves K' (level (local_main l) + 2) e (local_form l) (local_main l) &&
  (Nat.eqb (level (local_main l)) 0 || match local_ends l with None => false | Some s => everywhere K' d e (local_form l) s end).
Definition strengthened (K : cone) (ls : list local) : cone :=
  {| tables := tables K; forms := forms K ++ map local_form ls; zeros := zeros K; signs := signs K |}.

Lemma chosen_in {A} (l : list A) d ks a : In a (chosen l d ks) -> In a l \/ a = d.
Proof.
  unfold chosen. intros H. apply in_map_iff in H. destruct H as (k & <- & _).
  destruct (nth_in_or_default k l d) as [Hi|Hi]; [left; exact Hi|right; exact Hi].
Qed.

Lemma narrowed_at K l x : cone_at K x -> cone_at (narrowed K l) x.
Proof.
  intros (HB & Hg & HE & Hs). split; [|split; [|split; [|exact Hs]]]; cbn [tables forms zeros narrowed]; intros y Hy; apply chosen_in in Hy.
  - destruct Hy as [Hy| ->]; [apply HB; exact Hy|apply empty_ok].
  - destruct Hy as [Hy| ->]; [apply Hg; exact Hy|unfold pval; simpl; lra].
  - destruct Hy as [Hy| ->]; [apply HE; exact Hy|reflexivity].
Qed.

(* e^level f >= 0 makes f >= 0 where e > 0, or at level 0 *)
Lemma divided (a b : R) n : 0 < a \/ n = 0%nat -> 0 <= a ^ n * b -> 0 <= b.
Proof.
  intros [Ha| ->] H; [|simpl in H; lra]. assert (Hp : 0 < a ^ n) by (apply pow_lt; exact Ha).
  apply (Rmult_le_reg_l (a ^ n)); [exact Hp|]. lra.
Qed.

Lemma local_ok_nonneg K d l x : cone_at K x -> local_ok K d l = true -> 0 <= pval x (local_form l).
Proof.
  unfold local_ok. cbv zeta. intros HK H. apply andb_true_iff in H; destruct H as [Hp H]. apply orb_true_iff in H.
  destruct H as [H|H].
  - apply Nat.eqb_eq in H. exact (divided _ _ _ (or_intror H) (proves_ok _ _ _ _ _ x (narrowed_at K l x HK) Hp)).
  - destruct (local_ends l) as [s|]; [|discriminate]. apply (everywhere_ok _ _ _ _ _ x H); [|apply narrowed_at; exact HK].
    intros y Hy He. exact (divided _ _ _ (or_introl He) (proves_ok _ _ _ _ _ y Hy Hp)).
Qed.

Lemma strengthened_at K d ls x : cone_at K x -> forallb (local_ok K d) ls = true -> cone_at (strengthened K ls) x.
Proof.
  intros HK H. rewrite forallb_forall in H. assert (HK0 := HK). destruct HK as (HB & Hg & HE & Hs).
  split; [exact HB|split; [|split; [exact HE|exact Hs]]].
  cbn [forms strengthened]. intros g Hi. apply in_app_iff in Hi. destruct Hi as [Hi|Hi]; [apply Hg; exact Hi|].
  apply in_map_iff in Hi. destruct Hi as (l & <- & Hi). apply (local_ok_nonneg K d l x HK0), H, Hi.
Qed.

(* ---- cells ---- *)

Inductive cells :=
| Cell (s : face) (ls : list local) (i : identity)
| Cut (a : linear_form) (positive negative : cells)
| Either (a b : linear_form) (X : Z) (ms : list (nat * Z)) (first second : cells).

Definition half_space (K : cone) (a : linear_form) (s : Z) : cone :=
  let signs' := match a with
    | [(v, c)] => if Z.ltb 0 (s * c) then map (fun w => Nat.eqb v w || nth w (signs K) false) (below (length (signs K))) else signs K
    | _ => signs K end in
  {| tables := tables K ++ [ [[linear_poly a s]] ]; forms := forms K; zeros := zeros K; signs := signs' |}.

(* X a b = Σ c_j E_j *)
Definition product_vanishes (K : cone) (a b : linear_form) (X : Z) (ms : list (nat * Z)) : bool :=
  negb (Z.eqb X 0) &&
  adds_up ((1%Z, mul (linear_poly a X) (linear_poly b 1)) :: map (fun q => ((- snd q)%Z, nth (fst q) (zeros K) [])) ms).

Definition cell_ok (K : cone) (zs : list linear_form) (d : nat) (e f : poly) (s : face) (ls : list local) (i : identity) : bool :=
  match solved s with
  | [] => forallb (local_ok K d) ls && proves (strengthened K ls) (level i + 2) e f i
  | _ =>
    let K' := on_face s K in
    face_ok s zs && homogeneous_cone K && homogeneous 1 e && homogeneous 2 f && forallb (local_ok K' d) ls &&
    proves (strengthened K' ls) (level i + 2) (on_poly s e) (on_poly s f) i
  end.

(* K0 is the whole cone, K that of the cell before the forms zs vanish *)
Fixpoint cells_ok (K0 K : cone) (zs : list linear_form) (d : nat) (e f : poly) (t : cells) : bool :=
  match t with
  | Cell s ls i => cell_ok K zs d e f s ls i
  | Cut a t1 t2 => cells_ok K0 (half_space K a 1) zs d e f t1 && cells_ok K0 (half_space K a (-1)) zs d e f t2
  | Either a b X ms t1 t2 => product_vanishes K0 a b X ms && cells_ok K0 K (zs ++ [a]) d e f t1 && cells_ok K0 K (zs ++ [b]) d e f t2
  end.
Fixpoint plain (t : cells) : bool :=
  match t with Cell _ _ i => Nat.eqb (level i) 0 | Cut _ t1 t2 => plain t1 && plain t2 | Either _ _ _ _ t1 t2 => plain t1 && plain t2 end.

Lemma half_space_at K a s x : cone_at K x -> 0 <= IZR s * at_linear_form a x -> cone_at (half_space K a s) x.
Proof.
  intros (HB & Hg & HE & Hs) Ha. split; [|split; [exact Hg|split; [exact HE|]]]; cbn [tables signs half_space].
  - intros B Hi. apply in_app_iff in Hi. destruct Hi as [Hi|[<-|[]]]; [apply HB; exact Hi|].
    rewrite <- linear_poly_val in Ha.
    exists [fun i => match i with O => sqrt (pval x (linear_poly a s)) | _ => 0 end]. intros i j. unfold look, gram_of.
    destruct i as [|[|i]]; destruct j as [|[|j]]; cbn [nth sum fold_right]; try (unfold sum; simpl; unfold pval; simpl; ring).
    unfold sum; cbn [fold_right]. rewrite sqrt_sqrt by exact Ha. ring.
  - intros v Hv. destruct a as [|[w c] [|? ?]]; try (apply Hs; exact Hv).
    destruct (Z.ltb_spec 0 (s * c)) as [Hc|_]; [|apply Hs; exact Hv].
    unfold is_positive in Hv. destruct (Nat.lt_ge_cases v (length (signs K))) as [Hi|Hi].
    + rewrite nth_map_below in Hv by exact Hi. apply orb_true_iff in Hv. destruct Hv as [Hv|Hv]; [|apply Hs; exact Hv].
      apply Nat.eqb_eq in Hv. subst. apply IZR_lt in Hc. rewrite mult_IZR in Hc. unfold at_linear_form in Ha. simpl in Ha.
      destruct (Rle_or_lt 0 (x v)) as [P|P]; [exact P|exfalso]. nra.
    + rewrite nth_overflow in Hv by (rewrite map_length; unfold below; rewrite seq_length; exact Hi). discriminate.
Qed.

Lemma product_vanishes_ok K a b X ms x : cone_at K x -> product_vanishes K a b X ms = true ->
  at_linear_form a x = 0 \/ at_linear_form b x = 0.
Proof.
  unfold product_vanishes. intros (_ & _ & HE & _) H. apply andb_true_iff in H; destruct H as [HX H].
  apply negb_true_iff, Z.eqb_neq in HX. apply (adds_up_ok x) in H. change (sum ?g (?a :: ?l)) with (g a + sum g l) in H. cbv beta in H.
  cbn [fst snd] in H. rewrite sum_map, mul_val, !linear_poly_val in H. rewrite sum_zero in H.
  - apply not_0_IZR in HX. destruct (Req_dec (at_linear_form a x) 0) as [E|E]; [left; exact E|right].
    assert (E' : IZR X * at_linear_form a x * at_linear_form b x = 0) by lra.
    apply Rmult_integral in E'. destruct E' as [E'|E']; [|exact E']. apply Rmult_integral in E'. tauto.
  - intros [j c] _. cbn [fst snd]. destruct (nth_in_or_default j (zeros K) []) as [Hi|Hi]; [rewrite (HE _ Hi); ring|].
    rewrite Hi. unfold pval; simpl; ring.
Qed.

Lemma cell_ok_nonneg K zs d e f s ls i x : cone_at K x -> (forall l, In l zs -> at_linear_form l x = 0) ->
  cell_ok K zs d e f s ls i = true -> 0 < pval x e \/ level i = 0%nat -> 0 <= pval x f.
Proof.
  unfold cell_ok. intros HK Hz H He. destruct (solved s) as [|t l] eqn:E.
  - apply andb_true_iff in H; destruct H as [Hl H]. exact (divided _ _ _ He (proves_ok _ _ _ _ _ x (strengthened_at K d ls x HK Hl) H)).
  - cbv zeta in H. clear E. apply andb_true_iff in H; destruct H as [H Hp]. apply andb_true_iff in H; destruct H as [H Hl].
    apply andb_true_iff in H; destruct H as [H H2]. apply andb_true_iff in H; destruct H as [H H1].
    apply andb_true_iff in H; destruct H as [Hf Hh].
    assert (Hon := face_ok_on s zs x Hf Hz).
    assert (Hc : (0 < divisor s)%Z).
    { unfold face_ok in Hf. apply andb_true_iff in Hf; destruct Hf as [Hf _]. apply andb_true_iff in Hf; destruct Hf as [Hf _]. apply Z.ltb_lt, Hf. }
    assert (HK' := on_face_at s K x Hc Hon Hh HK).
    apply (proves_ok _ _ _ _ _ x (strengthened_at _ d ls x HK' Hl)) in Hp.
    rewrite (on_poly_val s x 1), (on_poly_val s x 2) in Hp by assumption. apply IZR_lt in Hc. rewrite pow_1 in Hp.
    assert (Hq : 0 <= IZR (divisor s) ^ 2 * pval x f).
    { refine (divided _ _ _ _ Hp). destruct He as [He|He]; [left|right; exact He]. apply Rmult_lt_0_compat; assumption. }
    apply (Rmult_le_reg_l (IZR (divisor s) ^ 2)); [apply pow_lt; exact Hc|]. lra.
Qed.

Lemma cells_ok_nonneg t : forall K0 K zs d e f x, cone_at K0 x -> cone_at K x -> (forall l, In l zs -> at_linear_form l x = 0) ->
  cells_ok K0 K zs d e f t = true -> 0 < pval x e \/ plain t = true -> 0 <= pval x f.
Proof.
  induction t as [s ls i|a t1 IH1 t2 IH2|a b X ms t1 IH1 t2 IH2]; intros K0 K zs d e f x HK0 HK Hz H He; cbn [cells_ok plain] in H, He.
  - apply (cell_ok_nonneg K zs d e f s ls i x HK Hz H). destruct He as [He|He]; [left; exact He|right; apply Nat.eqb_eq; exact He].
  - apply andb_true_iff in H; destruct H as [H1 H2].
    assert (He' : (0 < pval x e \/ plain t1 = true) /\ (0 < pval x e \/ plain t2 = true)).
    { destruct He as [He|He]; [tauto|]. apply andb_true_iff in He. tauto. }
    destruct (Rle_or_lt 0 (at_linear_form a x)) as [Ha|Ha].
    + apply (IH1 K0 (half_space K a 1) zs d e f x HK0); [|exact Hz|exact H1|apply He']. apply half_space_at; [exact HK|lra].
    + apply (IH2 K0 (half_space K a (-1)) zs d e f x HK0); [|exact Hz|exact H2|apply He']. apply half_space_at; [exact HK|lra].
  - apply andb_true_iff in H; destruct H as [H H2]. apply andb_true_iff in H; destruct H as [Hv H1].
    assert (He' : (0 < pval x e \/ plain t1 = true) /\ (0 < pval x e \/ plain t2 = true)).
    { destruct He as [He|He]; [tauto|]. apply andb_true_iff in He. tauto. }
    assert (Hz' : forall c, at_linear_form c x = 0 -> forall l, In l (zs ++ [c]) -> at_linear_form l x = 0).
    { intros c Hc l Hl. apply in_app_iff in Hl. destruct Hl as [Hl|[<-|[]]]; [apply Hz; exact Hl|exact Hc]. }
    destruct (product_vanishes_ok K0 a b X ms x HK0 Hv) as [Hc|Hc].
    + apply (IH1 K0 K (zs ++ [a]) d e f x HK0 HK (Hz' a Hc) H1). apply He'.
    + apply (IH2 K0 K (zs ++ [b]) d e f x HK0 HK (Hz' b Hc) H2). apply He'.
Qed.
