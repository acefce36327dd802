/** Fields of a statement whose values are read as a whole. */
interface WholeUses {
  readonly operands?: readonly string[];
  readonly locals?: readonly string[];
}

/** Whether a local has a value follows from which statements were reached, so asking for that reads nothing. */
export const wholeUses: ReadonlyMap<string, WholeUses> = new Map(
  Object.entries<WholeUses>({
    ArrayAppendStmt: { operands: ['value'], locals: ['array'] },
    AssignIntStmt: {},
    BlockStmt: {},
    BreakStmt: {},
    EqualStmt: { operands: ['a', 'b'] },
    IsArrayStmt: { operands: ['source'] },
    IsDefinedStmt: {},
    IsObjectStmt: { operands: ['source'] },
    IsSetStmt: { operands: ['source'] },
    IsUndefinedStmt: {},
    LenStmt: { operands: ['source'] },
    MakeArrayStmt: {},
    MakeNullStmt: {},
    MakeNumberIntStmt: {},
    MakeNumberRefStmt: {},
    MakeObjectStmt: {},
    MakeSetStmt: {},
    NopStmt: {},
    NotEqualStmt: { operands: ['a', 'b'] },
    NotStmt: {},
    ObjectInsertOnceStmt: { operands: ['key', 'value'], locals: ['object'] },
    ObjectInsertStmt: { operands: ['key', 'value'], locals: ['object'] },
    ObjectMergeStmt: { locals: ['a', 'b'] },
    ResetLocalStmt: {},
    ResultSetAddStmt: { locals: ['value'] },
    SetAddStmt: { operands: ['value'], locals: ['set'] },
  }),
);
