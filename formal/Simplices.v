(* A form on the orthant, simplex by simplex: a cell is the cone of integer vectors v_1, …, v_n, at first the unit vectors;
   g z = p v_i + q v_j with p, q > 0 takes the place of v_i in one part and of v_j in the other. *)

Require Import List Reals Lra Lia ZArith Bool Psatz.
Require Import Spec Sums Kernels Polynomials Means Identity Matrices Everywhere Faces.
Import ListNotations.
Open Scope R_scope.

Notation vectors := (list (list Z)).
Definition vertex (V : vectors) (k w : nat) : R := IZR (nth w (nth k V []) 0%Z).
Definition cell_point (V : vectors) (t : vector) (w : nat) : R := sum (fun k => t k * vertex V k w) (below (length V)).
Definition in_cell (d : nat) (V : vectors) (x : vector) : Prop :=
  exists t, nonnegative t /\ forall w, (w < d)%nat -> x w = cell_point V t w.

Inductive simplices := Simplex (i : identity) | Split (i j : nat) (p q g : Z) (z : list Z) (first second : simplices).

Definition unit_vectors (d : nat) : vectors := map (fun k => map (fun w => if Nat.eqb k w then 1%Z else 0%Z) (below d)) (below d).
Definition put (V : vectors) (i : nat) (z : list Z) : vectors := map (fun k => if Nat.eqb k i then z else nth k V []) (below (length V)).

(* p(Vt) *)
Definition row (V : vectors) (w : nat) : poly :=
  filter (fun e => negb (Z.eqb (snd e) 0)) (map (fun k => ([k], nth w (nth k V []) 0%Z)) (below (length V))).
Fixpoint into_mono (V : vectors) (m : mono) : poly := match m with [] => one | w :: m' => mul (row V w) (into_mono V m') end.
Definition into (V : vectors) (p : poly) : poly :=
  elements (fold_left (fun t e => add_poly (snd e) (into_mono V (fst e)) t) p Leaf).
Definition among (d : nat) (p : poly) : bool := forallb (fun e => forallb (fun v => Nat.ltb v d) (fst e)) p.

Definition simplex_cone (K : cone) (V : vectors) : cone :=
  {| tables := map ray (below (length V)); forms := []; zeros := map (into V) (zeros K); signs := map (fun _ => true) (below (length V)) |}.
Definition split_ok (d : nat) (V : vectors) (i j : nat) (p q g : Z) (z : list Z) : bool :=
  negb (Nat.eqb i j) && Nat.ltb i (length V) && Nat.ltb j (length V) && Z.ltb 0 p && Z.ltb 0 q && Z.ltb 0 g &&
  forallb (fun w => Z.eqb (g * nth w z 0%Z) (p * nth w (nth i V []) 0%Z + q * nth w (nth j V []) 0%Z)) (below d).

Fixpoint in_simplices (K : cone) (d : nat) (f : poly) (V : vectors) (s : simplices) : bool :=
  match s with
  | Simplex i => Nat.eqb (level i) 0 && proves (simplex_cone K V) 2 [] (into V f) i
  | Split i j p q g z s1 s2 => split_ok d V i j p q g z && in_simplices K d f (put V i z) s1 && in_simplices K d f (put V j z) s2
  end.
Definition by_simplices (K : cone) (d : nat) (f : poly) (s : simplices) : bool :=
  forallb (is_positive (signs K)) (below d) && among d f && forallb (among d) (zeros K) && in_simplices K d f (unit_vectors d) s.

Lemma into_val V t p : pval t (into V p) = pval (cell_point V t) p.
Proof.
  assert (R : forall w, pval t (row V w) = cell_point V t w).
  { intros w. unfold row, cell_point, vertex, pval.
    transitivity (sum (fun e => IZR (snd e) * mval t (fst e)) (map (fun k => ([k], nth w (nth k V []) 0%Z)) (below (length V)))).
    - symmetry. rewrite (sum_split _ (fun e => negb (Z.eqb (snd e) 0))). rewrite (sum_zero _ (filter (fun e => negb (negb _)) _)); [ring|].
      intros e He. apply filter_In in He. destruct He as [_ He]. rewrite negb_involutive in He. apply Z.eqb_eq in He. rewrite He. ring.
    - rewrite sum_map. apply sum_ext; intros k _. simpl. ring. }
  assert (M : forall m, pval t (into_mono V m) = mval (cell_point V t) m).
  { induction m as [|w m IH]; [unfold pval; simpl; ring|]. cbn [into_mono mval fold_right]. fold (mval (cell_point V t) m). rewrite mul_val, R, IH. reflexivity. }
  unfold into. unfold pval at 1. rewrite elements_sum.
  assert (G : forall l s, tval (mval t) (fold_left (fun s e => add_poly (snd e) (into_mono V (fst e)) s) l s) = tval (mval t) s + pval (cell_point V t) l).
  { induction l as [|e l IH]; intros s; cbn [fold_left]; [unfold pval; simpl; ring|]. rewrite IH, add_poly_val, M, pval_cons. ring. }
  rewrite G. simpl. ring.
Qed.

Lemma among_val d p x y : among d p = true -> (forall w, (w < d)%nat -> x w = y w) -> pval x p = pval y p.
Proof.
  unfold among, pval. intros H E. rewrite forallb_forall in H. apply sum_ext. intros [m c] Hi. specialize (H _ Hi). cbn [fst snd] in *.
  f_equal. rewrite forallb_forall in H. clear Hi. induction m as [|v m IH]; [reflexivity|]. cbn [mval fold_right]. fold (mval x m) (mval y m).
  rewrite IH by (intros; apply H; right; assumption). rewrite (E v); [reflexivity|]. apply Nat.ltb_lt, H. left; reflexivity.
Qed.

Lemma unit_cell d x : (forall w, (w < d)%nat -> 0 <= x w) -> in_cell d (unit_vectors d) x.
Proof.
  intros H. exists (fun w => if Nat.ltb w d then x w else 0). split.
  - intros w. destruct (Nat.ltb_spec w d); [apply H; assumption|lra].
  - intros w Hw. unfold cell_point, unit_vectors. rewrite map_length. replace (length (below d)) with d by (unfold below; rewrite seq_length; reflexivity).
    rewrite (sum_below_single _ w d Hw).
    + unfold vertex. rewrite nth_map_below by exact Hw. rewrite nth_map_below by exact Hw. rewrite Nat.eqb_refl.
      destruct (Nat.ltb_spec w d); [simpl; ring|lia].
    + intros k Hk Hn. unfold vertex. rewrite nth_map_below by exact Hk. rewrite nth_map_below by exact Hw.
      replace (Nat.eqb k w) with false by (symmetry; apply Nat.eqb_neq; exact Hn). simpl. ring.
Qed.

Lemma put_vertex V i z k w : (k < length V)%nat -> vertex (put V i z) k w = if Nat.eqb k i then IZR (nth w z 0%Z) else vertex V k w.
Proof. intros H. unfold vertex, put. rewrite nth_map_below by exact H. destruct (Nat.eqb k i); reflexivity. Qed.

Lemma put_length V i z : length (put V i z) = length V.
Proof. unfold put. rewrite map_length. unfold below. apply seq_length. Qed.

(* t_i v_i + t_j v_j = s (p v_i + q v_j) + r v_j with s = t_i / p, r = t_j − q s, if that is >= 0 *)
Lemma put_cell d V i j p q g z x t : i <> j -> (i < length V)%nat -> (j < length V)%nat -> 0 < IZR p -> 0 < IZR g ->
  (forall w, (w < d)%nat -> IZR g * IZR (nth w z 0%Z) = IZR p * vertex V i w + IZR q * vertex V j w) ->
  nonnegative t -> (forall w, (w < d)%nat -> x w = cell_point V t w) -> 0 <= t j - IZR q * (t i / IZR p) -> in_cell d (put V i z) x.
Proof.
  intros Hij Hi Hj Hp Hg Hz Ht Hx Hr.
  exists (fun k => if Nat.eqb k i then t i / IZR p * IZR g else if Nat.eqb k j then t j - IZR q * (t i / IZR p) else t k). split.
  - intros k. destruct (Nat.eqb k i); [|destruct (Nat.eqb k j); [exact Hr|apply Ht]].
    apply Rmult_le_pos; [|lra]. apply Rmult_le_pos; [apply Ht|apply Rlt_le, Rinv_0_lt_compat; exact Hp].
  - intros w Hw. rewrite (Hx w Hw). unfold cell_point. rewrite put_length. specialize (Hz w Hw).
    apply Rminus_diag_uniq. rewrite <- sum_minus.
    transitivity (sum (fun k => (if Nat.eqb k i then t i * vertex V i w - t i / IZR p * (IZR g * IZR (nth w z 0%Z)) else 0) +
      (if Nat.eqb k j then IZR q * (t i / IZR p) * vertex V j w else 0)) (below (length V))).
    + apply sum_ext; intros k Hk. apply in_below in Hk. rewrite put_vertex by exact Hk.
      destruct (Nat.eqb_spec k i) as [->|Hki]; [replace (Nat.eqb i j) with false by (symmetry; apply Nat.eqb_neq; exact Hij); ring|].
      destruct (Nat.eqb_spec k j) as [->|Hkj]; ring.
    + rewrite sum_plus. rewrite (sum_below_single _ i _ Hi).
      * rewrite (sum_below_single _ j _ Hj).
        -- rewrite !Nat.eqb_refl, Hz. field. lra.
        -- intros k _ Hn. replace (Nat.eqb k j) with false by (symmetry; apply Nat.eqb_neq; exact Hn). reflexivity.
      * intros k _ Hn. replace (Nat.eqb k i) with false by (symmetry; apply Nat.eqb_neq; exact Hn). reflexivity.
Qed.

Lemma split_cell d V i j p q g z x : split_ok d V i j p q g z = true -> in_cell d V x -> in_cell d (put V i z) x \/ in_cell d (put V j z) x.
Proof.
  unfold split_ok. intros H (t & Ht & Hx). apply andb_true_iff in H; destruct H as [H Hz]. apply andb_true_iff in H; destruct H as [H Hg].
  apply andb_true_iff in H; destruct H as [H Hq]. apply andb_true_iff in H; destruct H as [H Hp]. apply andb_true_iff in H; destruct H as [H Hj].
  apply andb_true_iff in H; destruct H as [Hij Hi]. apply negb_true_iff, Nat.eqb_neq in Hij. apply Nat.ltb_lt in Hi. apply Nat.ltb_lt in Hj.
  apply Z.ltb_lt, IZR_lt in Hp. apply Z.ltb_lt, IZR_lt in Hq. apply Z.ltb_lt, IZR_lt in Hg. rewrite forallb_forall in Hz.
  assert (Hz' : forall w, (w < d)%nat -> IZR g * IZR (nth w z 0%Z) = IZR p * vertex V i w + IZR q * vertex V j w).
  { intros w Hw. specialize (Hz w (proj2 (in_below _ _) Hw)). apply Z.eqb_eq, (f_equal IZR) in Hz. rewrite plus_IZR, !mult_IZR in Hz. exact Hz. }
  destruct (Rle_or_lt 0 (t j - IZR q * (t i / IZR p))) as [Hr|Hr].
  - left. exact (put_cell d V i j p q g z x t Hij Hi Hj Hp Hg Hz' Ht Hx Hr).
  - right. apply (put_cell d V j i q p g z x t); try assumption; [intros E; apply Hij; symmetry; exact E|intros w Hw; rewrite (Hz' w Hw); ring|].
    assert (Hti : IZR q * t i = IZR p * (IZR q * (t i / IZR p))) by (field; lra).
    assert (Htj : IZR p * t j = IZR q * (IZR p * (t j / IZR q))) by (field; lra).
    apply (Rmult_le_reg_l (IZR q)); [exact Hq|]. rewrite Rmult_0_r.
    assert (0 < IZR p * - (t j - IZR q * (t i / IZR p))) by (apply Rmult_lt_0_compat; lra). lra.
Qed.

Lemma in_simplices_ok s : forall K d f V x, among d f = true -> forallb (among d) (zeros K) = true ->
  (forall E, In E (zeros K) -> pval x E = 0) -> in_cell d V x -> in_simplices K d f V s = true -> 0 <= pval x f.
Proof.
  induction s as [i|i j p q g z s1 IH1 s2 IH2]; intros K d f V x Hf HE H0 Hx H; cbn [in_simplices] in H.
  - apply andb_true_iff in H; destruct H as [Hl H]. apply Nat.eqb_eq in Hl. destruct Hx as (t & Ht & Hx).
    rewrite (among_val d f x (cell_point V t) Hf Hx), <- into_val. rewrite forallb_forall in HE.
    assert (HK : cone_at (simplex_cone K V) t).
    { destruct (orthant_at (length V) t Ht) as (HB & _ & _ & Hs). split; [|split; [intros ? []|split]].
      - exact HB.
      - cbn [zeros simplex_cone]. intros E Hi. apply in_map_iff in Hi. destruct Hi as (E0 & <- & Hi).
        rewrite into_val, <- (among_val d E0 x (cell_point V t) (HE E0 Hi) Hx). apply H0, Hi.
      - intros v _. apply Ht. }
    apply (proves_ok _ _ _ _ _ t HK) in H. rewrite Hl in H. simpl pow in H. lra.
  - apply andb_true_iff in H; destruct H as [H H2]. apply andb_true_iff in H; destruct H as [Hs H1].
    destruct (split_cell d V i j p q g z x Hs Hx) as [Hc|Hc].
    + exact (IH1 K d f _ x Hf HE H0 Hc H1).
    + exact (IH2 K d f _ x Hf HE H0 Hc H2).
Qed.

Lemma by_simplices_ok K d f s x : cone_at K x -> by_simplices K d f s = true -> 0 <= pval x f.
Proof.
  unfold by_simplices. intros (_ & _ & H0 & Hs) H. apply andb_true_iff in H; destruct H as [H Hc]. apply andb_true_iff in H; destruct H as [H HE].
  apply andb_true_iff in H; destruct H as [Hp Hf]. rewrite forallb_forall in Hp.
  apply (in_simplices_ok s K d f (unit_vectors d) x Hf HE H0); [|exact Hc].
  apply unit_cell. intros w Hw. apply Hs, Hp, in_below, Hw.
Qed.
